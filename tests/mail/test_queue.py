"""Queueing: once per key, only what one may write, holes named before, and who must not be written to (E4, E5, W3)."""

import pytest

from activities.mail.models import EmailTemplate, MailBlock, OutgoingMail
from activities.mail.services.blocks import block_address, lift_block
from activities.mail.services.queue import MissingValues, queue_mail, queue_template_mail
from activities.mail.services.templates import archive_template, create_template, edit_template
from contacts.models import Contact
from contacts.services import edit_contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.customfields.services import create_field
from deals.models import Deal
from deals.services import create_deal


def queue(template, contact, actor, key="k", **values):
    return queue_template_mail(template=template, contact=contact, actor=actor, key=key, **values)


def test_a_mail_is_filled_and_a_second_call_with_its_key_returns_the_same(template, maya, deal, as_rep, rep):
    mail = queue(template, maya, as_rep, deal=deal)
    assert (mail.subject, mail.text) == ("Hello Maya", "Hi Maya Lindqvist")
    assert (mail.to_address, mail.state, mail.user) == ("maya@nordhavn.example", "queued", rep)
    assert queue(template, maya, as_rep, deal=deal).pk == mail.pk
    assert OutgoingMail.objects.count() == 1
    assert mail.message_id == OutgoingMail.objects.get().message_id


def test_values_are_escaped_in_html_and_cannot_break_the_subject(make_template, maya, as_rep):
    edit_contact(contact_id=maya.pk, values={"first_name": "<b>M</b>\r\nBcc: x@y.example"}, actor=as_rep)
    maya.refresh_from_db()
    template = make_template(html="<p>Hi {{ contact.first_name }}</p>")
    mail = queue(template, maya, as_rep)
    assert "<b>M" not in mail.html
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_holes_are_named_before_anything_is_queued(make_template, maya, as_rep):
    template = make_template(text="About {{ deal.title }} and {{ contact.city | your town }}")
    with pytest.raises(MissingValues) as refused:
        queue(template, maya, as_rep)
    assert refused.value.names == ["deal.title"]
    assert "Deal: Title" in refused.value.message
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "field", ["contact.password", "user.password", "contact.owner.password", "settings.SECRET_KEY"]
)
def test_a_template_reaches_nothing_outside_its_list(make_template, field):
    with pytest.raises(Refused) as refused:
        make_template(text=f"x {{{{ {field} }}}}")
    assert field in refused.value.fields["text"]


def test_a_custom_field_hidden_from_the_sender_is_no_field_for_them_c1(make_template, maya, as_rep, admin):
    boss = Actor.of(admin)
    create_field(record_kind="contact", label="Region", type="text", actor=boss)
    create_field(record_kind="contact", label="Salary", type="text", roles=["admin"], actor=boss)
    edit_contact(contact_id=maya.pk, values={"cf_region": "North", "cf_salary": "9"}, actor=boss)
    maya.refresh_from_db()
    template = make_template(text="In {{ contact.cf_region }}")
    assert queue(template, maya, as_rep).text == "In North"
    with pytest.raises(Refused, match="cf_salary"):
        make_template(text="{{ contact.cf_salary }}")
    shared = make_template(boss, shared=True, text="{{ contact.cf_salary }}")
    with pytest.raises(MissingValues):  # what the sender may not see is not there, whoever wrote the template
        queue(shared, maya, as_rep, key="k2")


def test_nobody_writes_to_or_about_what_they_may_not_see_u3(make_template, maya, as_rep, stranger, viewer, mate, admin):
    template = make_template(Actor.of(admin), shared=True)
    with pytest.raises(Contact.DoesNotExist):
        queue(template, maya, Actor.of(stranger))
    hidden = create_deal(actor=Actor.of(stranger), title="Hidden", owner=stranger)
    with pytest.raises(Deal.DoesNotExist):
        queue(template, maya, as_rep, deal=hidden)
    for actor, sender in ((Actor.of(viewer), None), (as_rep, mate)):
        with pytest.raises(Exception, match="may not"):
            queue(template, maya, actor, from_user=sender)
    private = make_template(Actor.of(mate))
    with pytest.raises(EmailTemplate.DoesNotExist):
        queue(private, maya, as_rep)
    assert not OutgoingMail.objects.exists()


def test_a_rule_of_the_house_writes_in_the_name_of_the_owner(make_template, maya, rep, admin):
    template = make_template(Actor.of(admin), shared=True)
    mail = queue(template, maya, Actor.system("Welcome rule"))
    assert (mail.user, mail.from_name, mail.automatic, mail.by) == (rep, rep.name, True, "Welcome rule")


@pytest.mark.parametrize("reason", ["do_not_email", "blocked", "no_address"])
def test_who_must_not_be_written_to_is_not_and_it_says_why_e5(template, maya, as_rep, admin, reason):
    boss = Actor.of(admin)
    if reason == "do_not_email":
        edit_contact(contact_id=maya.pk, values={"do_not_email": True}, actor=as_rep)
    elif reason == "blocked":
        block_address(address="MAYA@nordhavn.example", actor=boss)
    else:
        edit_contact(contact_id=maya.pk, values={"emails": []}, actor=as_rep)
    maya.refresh_from_db()
    mail = queue(template, maya, as_rep)
    assert (mail.state, mail.reason) == ("suppressed", reason)
    if reason == "blocked":
        lift_block(block_id=MailBlock.objects.get().pk, actor=boss)
        assert queue(template, maya, as_rep, key="again").state == "queued"


def test_a_block_stops_what_waits(template, maya, as_rep, admin):
    mail = queue(template, maya, as_rep)
    block_address(address=maya.primary_email, actor=Actor.of(admin))
    mail.refresh_from_db()
    assert (mail.state, mail.reason) == ("suppressed", "blocked")


def test_a_written_mail_needs_subject_and_text(maya, as_rep):
    with pytest.raises(Refused) as refused:
        queue_mail(contact=maya, subject=" ", text="", actor=as_rep, key="k")
    assert set(refused.value.fields) == {"subject", "text"}


def test_shared_templates_belong_to_holders_of_a_right(make_template, as_rep, manager, mate):
    with pytest.raises(Exception, match="share"):
        make_template(shared=True)
    shared = make_template(Actor.of(manager), shared=True)
    with pytest.raises(Exception, match="may not edit"):
        edit_template(template_id=shared.pk, values={"name": "Mine"}, actor=as_rep)
    private = make_template()
    with pytest.raises(EmailTemplate.DoesNotExist):
        edit_template(template_id=private.pk, values={"name": "Mine"}, actor=Actor.of(mate))


def test_a_template_changed_meanwhile_conflicts_and_an_archived_one_is_not_sent(template, maya, as_rep):
    edit_template(template_id=template.pk, values={"name": "A"}, actor=as_rep, version=1)
    with pytest.raises(Conflict):
        edit_template(template_id=template.pk, values={"name": "B"}, actor=as_rep, version=1)
    archive_template(template_id=template.pk, actor=as_rep)
    with pytest.raises(EmailTemplate.DoesNotExist):
        queue(template, maya, as_rep)


def test_a_template_needs_a_name_a_subject_and_a_text(as_rep):
    with pytest.raises(Refused) as refused:
        create_template(values={"name": "", "subject": "a\nb", "text": "", "html": "<script></script>"}, actor=as_rep)
    assert set(refused.value.fields) == {"name", "subject", "text"}
