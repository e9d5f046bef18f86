"""Undo value by value: keys of custom fields and words of lists, each by itself (H2, C1)."""

from uuid import UUID

import pytest

from contacts.models import Contact
from contacts.services.contacts import create_contact, edit_contact
from crm.kernel.audit.undo import RowChange, preview, undo
from crm.kernel.audit.undo.parts import parts_of, values_back
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict

A = {"region": "north", "size": "5"}


def change(before, after, now):
    return RowChange(Contact, UUID(int=1), before, after, now)


@pytest.mark.parametrize(
    ("before", "after", "now", "back", "clashes"),
    [
        # a whole column
        ({"title": "a"}, {"title": "b"}, {"title": "b"}, {"title": "a"}, []),
        ({"title": "a"}, {"title": "b"}, {"title": "a"}, {}, []),
        ({"title": "a"}, {"title": "b"}, {"title": "c"}, {}, ["title"]),
        # keys of a JSON column
        ({"custom": {}}, {"custom": A}, {"custom": A}, {"custom": {}}, []),
        ({"custom": A}, {"custom": {}}, {"custom": {"own": "1"}}, {"custom": {"own": "1", **A}}, []),
        ({"custom": A}, {"custom": {**A, "size": "6"}}, {"custom": {"size": "6"}}, {"custom": {"size": "5"}}, []),
        ({"custom": A}, {"custom": {"size": "6"}}, {"custom": {"size": "7"}}, {"custom": A | {"size": "7"}}, ["custom.size"]),
        # lists of words
        ({"tags": ["a", "b"]}, {"tags": ["b", "c"]}, {"tags": ["b", "c"]}, {"tags": ["a", "b"]}, []),
        ({"tags": ["a", "b"]}, {"tags": ["b", "c"]}, {"tags": ["c", "d"]}, {"tags": ["d", "a"]}, []),
        ({"tags": ["a"]}, {"tags": []}, {"tags": ["a", "x"]}, {"tags": ["a", "x"]}, []),
        ({"custom": {"m": ["x"]}}, {"custom": {"m": ["x", "y"]}}, {"custom": {"m": ["y", "z"]}}, {"custom": {"m": ["z"]}}, []),
        ({"custom": {}}, {"custom": {"m": ["y"]}}, {"custom": {"m": ["y", "z"]}}, {"custom": {"m": ["z"]}}, []),
        ({"custom": {}}, {"custom": {"m": ["y"]}}, {"custom": {"m": []}}, {"custom": {}}, []),
        # a list of anything else is one value
        ({"o": [{"k": 1}]}, {"o": []}, {"o": [{"k": 2}]}, {}, ["o"]),
    ],
)  # fmt: skip
def test_each_value_by_itself(before, after, now, back, clashes):
    row = change(before, after, now)
    assert values_back(row) == back
    assert [part.name for part in parts_of(row) if part.clashes] == clashes


def test_a_chosen_value_is_put_back_all_the_same():
    row = change({"custom": {"a": "1"}}, {"custom": {"a": "2"}}, {"custom": {"a": "3", "b": "4"}})
    assert values_back(row, {"custom.a"}) == {"custom": {"a": "1", "b": "4"}}


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def contact(me) -> Contact:
    values = {"first_name": "Lena", "owner_id": me.id, "tags": ["east"]}
    contact = create_contact(values=values, actor=me)
    store(me, contact, region="north", size="5")
    return contact


def store(actor, contact, **custom):
    """Write custom values as a service would."""
    with changeset(actor, "contacts.edit"):
        contact.refresh_from_db()
        contact.custom |= custom
        contact.save(update_fields=["custom"])


def test_custom_fields_that_others_have_set_since_stay(me, manager, contact):
    store(me, contact, region="south")
    mine = me.last_change
    store(Actor.of(manager), contact, size="6", colour="red")
    assert undo(changeset_id=mine, actor=me).conflicts == []
    contact.refresh_from_db()
    assert contact.custom == {"region": "north", "size": "6", "colour": "red"}


def test_a_custom_field_changed_since_is_named_by_its_key(me, manager, contact):
    store(me, contact, region="south", size="6")
    mine = me.last_change
    store(Actor.of(manager), contact, region="west")
    with pytest.raises(Conflict) as conflict:
        undo(changeset_id=mine, actor=me)
    (field,) = conflict.value.theirs["fields"]
    assert (field["field"], field["was"], field["set_to"], field["now"]) == ("custom.region", "north", "south", "west")
    undo(changeset_id=mine, actor=me, force=True)
    contact.refresh_from_db()
    assert contact.custom == {"region": "west", "size": "5"}


def test_the_chosen_field_of_a_conflict_is_put_back(me, manager, contact):
    store(me, contact, region="south", size="6")
    mine = me.last_change
    store(Actor.of(manager), contact, region="west", size="9")
    met = preview(changeset_id=mine, actor=me).conflicts
    chosen = [each["id"] for each in met if each["field"] == "custom.region"]
    result = undo(changeset_id=mine, actor=me, force=True, chosen=chosen)
    contact.refresh_from_db()
    assert contact.custom == {"region": "north", "size": "9"}
    assert [each["field"] for each in result.conflicts] == ["custom.size"]


def test_tags_that_others_have_set_since_stay(me, manager, contact):
    edit_contact(contact_id=contact.pk, values={"tags": ["vip"]}, actor=me)
    mine = me.last_change
    edit_contact(contact_id=contact.pk, values={"tags": ["vip", "fair"]}, actor=Actor.of(manager))
    undo(changeset_id=mine, actor=me)
    contact.refresh_from_db()
    assert contact.tags == ["fair", "east"]
    undo(changeset_id=me.last_change, actor=me)
    contact.refresh_from_db()
    assert contact.tags == ["vip", "fair"]


def test_many_rows_are_put_back_in_few_statements(me, contact, django_assert_max_num_queries):
    people = [create_contact(values={"first_name": f"P{n}", "owner_id": me.id}, actor=me) for n in range(30)]
    before = {c.pk: (c.job_title, c.version) for c in Contact.objects.all()}
    with changeset(me, "contacts.edit") as made:
        for number, each in enumerate(people):
            each.job_title = f"Title “{number}”"
            each.save(update_fields=["job_title"])
    with django_assert_max_num_queries(40):
        undo(changeset_id=made.id, actor=me)
    after = {c.pk: (c.job_title, c.version) for c in Contact.objects.all()}
    assert after == {pk: (title, version + (pk != contact.pk)) for pk, (title, version) in before.items()}
