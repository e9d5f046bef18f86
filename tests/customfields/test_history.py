"""Custom fields in histories: told one by one, filtered, set back, never past who may see them (H3, C1)."""

import pytest

from contacts.models import Contact
from contacts.services import create_contact, edit_contact
from crm.kernel.audit.sentences import fields_of, record_changes
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.services import remove_field
from deals.services import create_deal, edit_deal


@pytest.fixture
def contact(make_field, rep, admin):
    make_field("dropdown", key="region")
    make_field("number", key="fleet")
    make_field("text", key="secret", roles=["manager"])
    boss = Actor.of(admin)
    made = create_contact(values={"last_name": "Lee", "owner": rep, "cf_region": "East"}, actor=boss)
    edit_contact(contact_id=made.pk, values={"cf_region": "West", "cf_fleet": "1200"}, actor=boss)
    edit_contact(contact_id=made.pk, values={"cf_secret": "hush"}, actor=boss)
    edit_contact(contact_id=made.pk, values={"cf_fleet": ""}, actor=boss)
    return Contact.objects.get()


def told(entries) -> list[tuple[str, str, str, str]]:
    return [(s.what, s.label, s.before, s.after) for entry in entries for s in entry.sentences]


def test_each_custom_field_is_told_by_its_name_and_values(contact, rep, admin):
    mine = told(record_changes(contact, actor=Actor.of(rep)))
    assert mine == [
        ("cleared", "Fleet", "1,200", ""),
        ("changed", "Region", "East", "West"),
        ("set", "Fleet", "", "1,200"),
        ("created", "Created", "", ""),
    ]
    assert ("set", "Secret", "", "hush") in told(record_changes(contact, actor=Actor.of(admin)))


def test_a_history_is_filtered_by_a_custom_field(contact, rep, client_of):
    only = told(record_changes(contact, actor=Actor.of(rep), field="cf_region"))
    assert only == [("changed", "Region", "East", "West"), ("set", "Region", "", "East")]
    assert fields_of(Contact, Actor.of(rep))["cf_region"] == "Region"
    assert "cf_secret" not in fields_of(Contact, Actor.of(rep)) and "custom" not in fields_of(Contact)
    client = client_of(rep)
    assert client.get(f"/history/contact/{contact.pk}/?field=cf_region").status_code in (200, 404)


def test_a_removed_field_stays_in_the_history(contact, rep, admin, make_field):
    remove_field(field_id=CustomField.objects.get(key="region").pk, actor=Actor.of(admin))
    assert ("changed", "Region", "East", "West") in told(record_changes(contact, actor=Actor.of(rep)))


def test_an_earlier_value_is_set_back(contact, rep):
    from crm.kernel.audit.values import offer_values, restore_value

    actor = Actor.of(rep)
    entries = record_changes(contact, actor=actor, field="cf_region")
    offer_values(entries, contact, actor)
    sentence = entries[0].sentences[0]
    assert sentence.row and sentence.old == "east"
    words = restore_value(model=Contact, record_id=contact.pk, field="cf_region", row=sentence.row, actor=actor)
    contact.refresh_from_db()
    assert words == "East" and contact.custom["region"] == "east" and contact.custom["secret"] == "hush"


def test_a_deal_too(make_field, rep, pipeline):
    make_field("money", "deal", key="budget")
    actor = Actor.of(rep)
    deal = create_deal(title="Big", owner=rep, actor=actor)
    edit_deal(deal_id=deal.pk, values={"cf_budget": "12.5 EUR"}, actor=actor)
    assert told(record_changes(deal, actor=actor))[0] == ("set", "Budget", "", "€12.50")


def test_a_field_that_came_with_its_values_in_one_command_is_gone_once_that_is_undone(rep, admin, make_field):
    boss = Actor.of(admin)
    made = create_contact(values={"last_name": "Lee", "owner": rep}, actor=boss)
    with changeset(boss, "plan.load") as plan:
        field = make_field("text", key="code")
        edit_contact(contact_id=made.pk, values={"cf_code": "A1"}, actor=boss)
    with changeset(boss, "plan.load") as other:
        kept = make_field("text", key="kept")
        edit_contact(contact_id=made.pk, values={"cf_kept": "B2"}, actor=boss)
    edit_contact(contact_id=made.pk, values={"cf_kept": "theirs"}, actor=boss)
    result = undo(changeset_id=plan.id, actor=boss)
    assert (result.removed, result.binned) == (1, 0) and not CustomField.objects.filter(pk=field.pk).exists()
    result = undo(changeset_id=other.id, actor=boss, force=True)
    assert (result.removed, result.binned) == (0, 1), "somebody else's value needs it: out of use, not away"
    assert CustomField.objects.get(pk=kept.pk).removed_at
    made.refresh_from_db()
    assert made.custom == {"kept": "theirs"}
