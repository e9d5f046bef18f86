"""A rule from nothing to its first run, in a browser (W1, W6): built, published, set off by a drag, explained."""

import pytest
from playwright.sync_api import expect

from activities.mail.models import OutgoingMail
from activities.mail.services.sending import send_due_mails
from activities.mail.services.templates import create_template
from contacts.services import create_contact
from crm.kernel.core.changes import Actor
from deals.models import Deal
from deals.services import create_deal
from tests.mail.smtp import mail_server
from tests.workflows.conftest import work
from workflows.models import Rule, Run

from .test_rep_day import column, drag

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_rule_is_built_published_and_acts_on_a_won_deal(visitor, manager, rep, pipeline):
    deal = create_deal(actor=Actor.of(rep), title="Sensors", owner=rep, amount=60_000)
    window = visitor()
    window.log_in(manager.email)
    page = window.open("/workflows/")
    page.get_by_role("link", name="New rule").first.click()
    page.get_by_label("Name").fill("Hand over")
    page.get_by_label("When").select_option(label="A deal is won")
    page.get_by_role("button", name="Create rule").click()
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_label("Field", exact=True).select_option(label="Amount")
    page.get_by_label("How Amount is compared").select_option(label="is at least")
    page.get_by_label("Amount", exact=True).fill("50000")
    page.get_by_role("button", name="Add step").click()
    page.get_by_role("menuitem", name="Create a task").click()
    page.wait_for_function("() => document.activeElement.innerText === 'Create a task'")  # what is new has the focus
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("Title is missing.").first.wait_for()  # beside the step, and nothing typed is lost
    assert page.get_by_label("Amount", exact=True).input_value() == "50000"
    page.get_by_label("Title", exact=True).fill("Hand over")
    page.get_by_role("button", name="Value of the record for Title").click()
    page.locator("[data-insert='{title}']").click()
    page.locator("#rule-sentence", has_text="create the task “Hand over {title}”").wait_for()
    window.check_axe()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/publish/")
    window.check_axe()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("On", exact=True).wait_for()
    assert Rule.objects.get().state == "live"
    page = window.open(f"/deals/{deal.pk}/")
    page.get_by_role("button", name="Won", exact=True).click()
    page.get_by_text("Closed Won").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    assert Deal.objects.get(pk=deal.pk).stage.name == "Closed Won"
    work()
    run = Run.objects.get()
    page = window.open(f"/workflows/runs/{run.pk}/")
    page.get_by_text("Amount is at least 50,000").wait_for()
    assert page.get_by_text("Task for").is_visible()
    window.check_axe()
    assert deal.tasks.get().title == "Hand over Sensors"
    window.check_quiet()


def test_the_onboarding_mail_of_the_house_arrives_over_smtp_when_a_card_is_dragged_to_won(
    visitor, manager, rep, pipeline
):
    """From the rule of the house over its pages and a real drag to a mail server that speaks SMTP (W1, E4)."""
    values = {
        "name": "Onboarding",
        "subject": "Welcome, {{ contact.first_name }}",
        "text": "We begin now.",
        "shared": True,
    }
    create_template(values=values, actor=Actor.of(manager))
    given = {"first_name": "Maya", "last_name": "Lindqvist", "owner": rep, "emails": ["maya@atlas.example"]}
    maya = create_contact(values=given, actor=Actor.of(rep))
    deal = create_deal(actor=Actor.of(rep), title="Atlas rollout", owner=rep, amount=148_000, contacts=[(maya.pk, "")])
    boss, somebody = visitor(), visitor()
    boss.log_in(manager.email)
    page = boss.open("/workflows/")
    page.get_by_role("button", name="Set it up Closed won").click()
    page.get_by_text("Hand {title} over").first.wait_for()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/publish/")
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("On", exact=True).wait_for()
    somebody.log_in(rep.email)
    page = somebody.open("/deals/board/")
    page.wait_for_load_state("networkidle")  # what comes late would move the card under the hand
    drag(page, page.locator(".deal-card", has_text="Atlas rollout"), column(page, "Closed Won"))
    expect(page.locator(".toast").last).to_contain_text("Closed Won")
    with mail_server() as box:
        work()
        send_due_mails()
        (message,) = box.messages
    assert message["To"] == "Maya Lindqvist <maya@atlas.example>" and message["Subject"] == "Welcome, Maya"
    assert "We begin now." in message.get_body(("plain",)).get_content()
    assert deal.tasks.get().title == "Hand Atlas rollout over"
    assert OutgoingMail.objects.get().message_id == message["Message-ID"]
    somebody.check_quiet()
