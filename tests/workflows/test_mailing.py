"""Rules that write e-mails go through the one queue of mail (E5, W3)."""

import pytest

from activities.mail.models import EmailTemplate, OutgoingMail
from activities.mail.services.templates import create_template
from contacts.services import create_contact
from crm.kernel.core.changes import Actor, changeset
from deals.models import Stage
from deals.services import move_deal
from workflows.models import Rule, Run, Step
from workflows.services import check_rule, create_rule

from .conftest import document, work

pytestmark = pytest.mark.django_db


def test_a_won_deal_writes_to_its_primary_person_once_and_not_to_whom_it_must_not(
    rep, manager, publish, new_deal, pipeline
):
    values = {"name": "Welcome", "subject": "Welcome, {{ contact.first_name }}", "text": "Hello", "shared": True}
    template = create_template(values=values, actor=Actor.of(manager))
    publish("deal.won", {"action": "send_email", "options": {"template": str(template.pk), "sender": "owner"}})
    for name, silent in (("Ada", False), ("Bob", True)):
        given = {"first_name": name, "last_name": "Lind", "owner": rep, "emails": [f"{name}@lind.example"]}
        contact = create_contact(values={**given, "do_not_email": silent}, actor=Actor.of(rep))
        deal = new_deal(name, contacts=[(contact.pk, "")])
        move_deal(deal_id=deal.pk, to_stage=Stage.objects.get(name="Closed Won"), actor=Actor.of(rep))
    new_deal("Nobody")
    work()
    assert set(OutgoingMail.objects.values_list("subject", "state")) == {
        ("Welcome, Ada", "queued"), ("Welcome, Bob", "suppressed"),
    }  # fmt: skip
    assert Run.objects.filter(state="done").count() == 2
    assert set(Step.objects.values_list("words", flat=True)) == {
        "E-mail “Welcome” queued", "E-mail “Welcome” not sent: The contact does not want e-mail",
    }  # fmt: skip
    assert set(OutgoingMail.objects.values_list("reply_to", flat=True)) == {
        rep.email
    }  # not the manager's, whose rule it is


def test_a_template_that_is_gone_is_a_problem_of_the_rule(manager):
    steps = {"action": "send_email", "options": {"template": "00000000-0000-0000-0000-000000000000"}}
    rule = create_rule(name="Late", document=document("deal.won", steps), actor=Actor.of(manager))
    assert [each.where for each in check_rule(rule).problems] == ["steps.1.template"]


def test_a_template_whose_fields_the_rule_cannot_fill_is_refused_and_pauses_the_rule_later(
    manager, publish, new_lead, new_deal
):
    values = {"name": "About", "subject": "{{ deal.title }}", "text": "Hello", "shared": True}
    template = create_template(values=values, actor=Actor.of(manager))
    step = {"action": "send_email", "options": {"template": str(template.pk)}}
    rule = create_rule(name="Lead", document=document("lead.created", step), actor=Actor.of(manager))
    assert ["has no deal" in each.message for each in check_rule(rule).problems] == [True]
    publish("deal.created", step, name="Deal")
    with changeset(Actor.system("test"), "test.field"):  # as when the field is deleted later
        EmailTemplate.objects.update(subject="{{ deal.cf_gone | x }}")
    work()
    new_deal()
    work()
    rule = Rule.objects.get(name="Deal")
    assert rule.broken and "deal.cf_gone" in rule.pause_reason and Run.objects.get().state == "held"
