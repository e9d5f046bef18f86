"""Lists in a real browser: columns, conditions, views; a bulk action with undo; cells, a conflict, a new custom field."""

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Contact
from contacts.services import create_contacts, edit_contact
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing.lists import ListPage
from crm.kernel.listing.saved.services import prefer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def crowd(rep, pipeline) -> list[Contact]:
    """Sixty contacts, more than a page: by turns in Aarhus, in Bergen and in Cork."""
    cities = ("Aarhus", "Bergen", "Cork")
    rows = [
        {"first_name": "Ada", "last_name": f"Number{n:02}", "city": cities[n % 3], "job_title": "Buyer", "owner": rep}
        for n in range(60)
    ]
    return create_contacts(rows=rows, actor=Actor.of(rep))


def heads(page: Page) -> list[str]:
    """Return the headings of the list's columns."""
    return [text.strip() for text in page.locator("thead th[data-column]").all_inner_texts()]


def test_columns_conditions_and_a_pinned_view(visitor, rep, crowd):
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.open("/contacts/")

    page.get_by_role("link", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_label("Find a field").fill("job title")
    dialog.get_by_label("Job title", exact=True).check()
    dialog.get_by_label("Find a field").fill("")
    grip = dialog.get_by_role("button", name="Move Job title")
    grip.focus()
    for _ in range(40):
        if dialog.locator("[data-col]").nth(1).get_by_label("Job title", exact=True).count():
            break
        page.keyboard.press("ArrowUp")
    expect(grip).to_be_focused()
    somebody.check_axe()
    dialog.get_by_role("button", name="Show").click()
    page.wait_for_load_state("networkidle")
    assert heads(page)[:3] == ["Name", "Job title", "Company"]

    page.keyboard.press("f")
    page.get_by_role("dialog").get_by_role("link", name="More conditions").click()
    builder = page.get_by_role("dialog", name="Conditions of contacts")
    builder.get_by_label("What must hold").select_option(label="Any of these")
    for place, city in enumerate(("Aarhus", "Bergen")):
        if place:
            builder.get_by_role("button", name="Condition", exact=True).click()
        builder.get_by_label("Field", exact=True).nth(place).select_option(label="City")
        builder.get_by_label("How City is compared").nth(place).select_option(label="is")
        builder.get_by_label("City", exact=True).nth(place).fill(city)
    somebody.check_axe()
    page.keyboard.press("Enter")  # in the field of the last value
    page.wait_for_url("**where=**")
    expect(page.locator("#list-total")).to_contain_text("40")

    page.get_by_role("link", name="New view").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("By the sea")
    page.keyboard.press("Enter")
    expect(page.locator("#list-views [aria-current=page]")).to_contain_text("By the sea")
    page.get_by_role("button", name="This view").click()
    page.get_by_role("menuitem", name="Pin in the sidebar").click()
    pinned = page.locator(".sidebar").get_by_role("link", name="By the sea")
    expect(pinned).to_be_visible()

    somebody.open("/contacts/")
    pinned.click()
    page.wait_for_url("**view=**")
    page.wait_for_load_state("networkidle")
    page.reload()
    assert heads(page)[:3] == ["Name", "Job title", "Company"]
    expect(page.locator("#list-total")).to_contain_text("40")
    expect(page.locator(".filterbar")).to_contain_text("Bergen")
    somebody.check_axe()
    somebody.check_quiet()


def test_a_bulk_action_on_rows_of_two_pages_and_its_undo(visitor, rep, crowd, monkeypatch):
    monkeypatch.setattr(ListPage, "most_ticked", 4)
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.open("/contacts/?sort=name")
    page.get_by_label("Select Ada Number00").check()
    page.get_by_label("Select Ada Number02").click(modifiers=["Shift"])
    page.get_by_role("link", name="Next").click()
    page.get_by_label("Select Ada Number54").check()
    page.get_by_label("Select Ada Number55").check()
    bar = page.get_by_role("region", name="Bulk actions")
    tag = bar.get_by_role("button", name="Tag", exact=True)
    expect(bar).to_contain_text("5 selected: tick all that match, or 4 at most")
    expect(tag).to_be_disabled()
    page.get_by_label("Select Ada Number54").uncheck()
    expect(bar).to_contain_text("4 selected")
    page.keyboard.press("b")
    expect(bar.locator("[data-count-words]")).to_be_focused()
    somebody.check_axe()
    tag.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 records")
    expect(dialog.get_by_label("Tags")).to_be_focused()
    page.keyboard.type("vip")
    page.keyboard.press("Enter")
    somebody.check_axe()
    dialog.get_by_role("button", name="Add tags").click()
    toast = page.locator(".toast").last
    expect(toast).to_contain_text("4 contacts changed")
    expect(bar).to_be_hidden()
    tagged = Contact.objects.filter(tags__contains=["vip"])
    assert sorted(tagged.values_list("last_name", flat=True)) == ["Number00", "Number01", "Number02", "Number55"]
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast").last).to_contain_text("Undone")
    assert not tagged.exists()
    somebody.check_quiet()


def test_a_new_field_is_used_in_its_place(visitor, admin, crowd):
    somebody = visitor()
    somebody.log_in(admin.email)
    page = somebody.open("/settings/fields/new/?kind=contact")
    page.get_by_label("Name").fill("Region served")
    page.locator(".type-card", has_text="Dropdown").click()
    page.get_by_label("Choices").fill("East\nWest")
    somebody.check_axe()
    page.get_by_role("button", name="Add field").click()
    page.wait_for_load_state("networkidle")
    assert CustomField.objects.get().key == "region_served"
    person = crowd[0]
    somebody.open(f"/contacts/{person.pk}/")
    page.locator("#field-cf_region_served button").click()
    page.get_by_label("Region served").select_option(label="West")
    page.keyboard.press("Enter")
    expect(page.locator("#field-cf_region_served form")).to_have_count(0)
    expect(page.locator("#field-cf_region_served")).to_contain_text("West")
    assert Contact.objects.get(pk=person.pk).custom == {"region_served": "west"}
    somebody.check_axe()
    somebody.check_quiet()


def test_cells_by_keyboard_and_a_conflict(visitor, rep, crowd):
    """F2 opens, Tab saves and goes on, Esc restores; a rival's change shows at the cell and loses nothing typed."""
    prefer(user=rep, list_key="contacts", layout={"columns": ["name", "job_title", "source"]})
    somebody = visitor()
    somebody.log_in(rep.email)
    page, keys = somebody.open("/contacts/?sort=name"), somebody.page.keyboard
    person = crowd[0]
    row = page.locator(f"#row-{person.pk}")
    job, source = row.locator("[data-edit=job_title]"), row.locator("[data-edit=source]")
    row.locator("[data-row-link]").focus()
    keys.press("ArrowRight")
    expect(job).to_be_focused()
    keys.press("F2")
    expect(job.locator("input[name=job_title]")).to_be_focused()
    somebody.check_axe()
    keys.type("Head of purchasing")
    keys.press("Tab")
    expect(source.locator("input[name=source]")).to_be_focused()
    expect(job).to_have_text("Head of purchasing")
    keys.type("Trade fair")
    keys.press("Escape")
    expect(source).to_be_focused()
    expect(source).to_have_text("")
    keys.press("Enter")
    expect(source.locator("input[name=source]")).to_be_focused()
    keys.type("Partner")
    edit_contact(contact_id=person.pk, values={"source": "Web form"}, actor=Actor.of(rep))
    keys.press("Enter")
    expect(source.get_by_role("alert")).to_contain_text("Source is now: Web form")
    expect(source.locator("input[name=source]")).to_have_value("Partner")
    assert Contact.objects.get(pk=person.pk).source == "Web form"
    somebody.check_axe()
    source.locator("input[name=source]").press("Enter")
    expect(source).to_have_text("Partner")
    now = Contact.objects.get(pk=person.pk)
    assert (now.job_title, now.source) == ("Head of purchasing", "Partner")
    somebody.said = [line for line in somebody.said if "status of 409" not in line]
    somebody.check_quiet()
