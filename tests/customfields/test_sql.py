"""Filters and orders in the database: the same answers as in Python, by the indexes that are meant for them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from contacts.models import Contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.types import REGISTRY, type_of

STORED = {
    "text": ["Äpfel", "apple", "zebra"],
    "long_text": ["one\ntwo", "three", "two"],
    "number": ["-3", "2", "10"],
    "money": [{"amount": f"{n}.00", "currency": "USD"} for n in (2, 10, 300)],
    "date": ["2025-12-31", "2026-01-01", "2026-11-02"],
    "yes_no": [False, True],
    "dropdown": ["east", "west", "north"],
    "multi_select": [["east"], ["east", "west"], ["west"]],
    "url": ["https://a.example", "https://b.example/x"],
}
# What earlier definitions may have left: it must neither break a filter nor an order (C2).
LEFT = ["2026-13-45", "2026-02-31", {"amount": "x"}, ["q"], True, "12e5", "", {"amount": "5", "currency": 7}, "9" * 400]


@pytest.fixture
def contacts(workspace, make_field):
    """One contact per stored value of every type, some with leftovers, one with nothing."""

    def make(kind: str, values: list) -> list[Contact]:
        with changeset(Actor.system("test data"), "test.contacts"):
            rows = [Contact(first_name=f"C{n}", custom={} if v is None else {kind: v}) for n, v in enumerate(values)]
            return Contact.objects.bulk_create(rows)

    return make


def found(condition) -> set[str]:
    return set(Contact.objects.filter(condition).values_list("first_name", flat=True))


@pytest.mark.parametrize("kind", STORED)
def test_order_is_that_of_the_values_and_leftovers_are_nothing(kind, contacts, make_field):
    field = type_of(make_field(kind))
    contacts(kind, [*STORED[kind], *LEFT, None])
    rows = Contact.objects.annotate(x=field.sql()).order_by("x", "first_name").values_list("first_name", "x")
    typed = [name for name, value in rows if value is not None and int(name[1:]) < len(STORED[kind])]
    if kind != "multi_select":
        assert typed == [f"C{n}" for n in range(len(STORED[kind]))]


@pytest.mark.parametrize(
    ("kind", "operator", "values", "names"),
    [
        ("text", "is", ["APFEL"], {"C0"}),
        ("text", "is_not", ["apple"], {"C0", "C2", "C3"}),
        ("text", "contains", ["E"], {"C0", "C1", "C2"}),
        ("long_text", "contains", ["TWO"], {"C0", "C2"}),
        ("number", "lt", ["2"], {"C0"}),
        ("number", "between", ["10", "-3"], {"C0", "C1", "C2"}),
        ("number", "is", ["2,0"], {"C1"}),
        ("number", "is_not", ["2"], {"C0", "C2", "C3"}),
        ("money", "gte", ["$10"], {"C1", "C2"}),
        ("date", "gt", ["2025-12-31"], {"C1", "C2"}),
        ("date", "between", ["1 Jan 2026", "2026-11-02"], {"C1", "C2"}),
        ("yes_no", "is", ["no"], {"C0"}),
        ("dropdown", "is", ["East"], {"C0"}),
        ("dropdown", "any", ["east", "north"], {"C0", "C2"}),
        ("dropdown", "none", ["east", "north"], {"C1", "C3"}),
        ("multi_select", "any", ["west"], {"C1", "C2"}),
        ("multi_select", "all", ["west", "east"], {"C1"}),
        ("multi_select", "none", ["west"], {"C0", "C3"}),
        ("url", "contains", ["B.EXAMPLE"], {"C1"}),
        ("dropdown", "filled", [], {"C0", "C1", "C2"}),
        ("dropdown", "empty", [], {"C3"}),
    ],
)
def test_filters(kind, operator, values, names, contacts, make_field):
    field = type_of(make_field(kind))
    contacts(kind, [*STORED[kind], None])
    assert found(field.condition(operator, values)) == names


@pytest.mark.parametrize("kind", REGISTRY)
def test_every_operator_survives_leftovers(kind, contacts, make_field, rep):
    field = type_of(make_field(kind))
    contacts(kind, [*LEFT, None])
    good = {"user": str(rep.pk), "multi_select": "east", "date": "2026-01-01"}.get(kind, "east")
    good = {"number": "5", "money": "5", "yes_no": "yes", "url": "a.example"}.get(kind, good)
    for operator in field.operators:
        found(field.condition(operator, [good, good]))
    with pytest.raises(ValidationError):
        field.condition("drop table", [good])
    list(Contact.objects.annotate(x=field.sql()).order_by("x"))


@pytest.mark.parametrize(("operator", "values"), [("is", []), ("is", [""]), ("between", ["1"]), ("lt", ["x"])])
def test_a_filter_without_a_proper_value_is_refused(operator, values, make_field):
    with pytest.raises(ValidationError):
        type_of(make_field("number")).condition(operator, values)


def plan(rows) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return str(rows.explain())


def test_a_dropdown_is_found_through_the_gin_index(make_field):
    condition = type_of(make_field("dropdown")).condition("any", ["east", "west"])
    assert "contact_custom" in plan(Contact.objects.filter(condition))


def test_a_sortable_field_is_ordered_and_compared_by_its_index(make_field):
    field = type_of(make_field("number"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_build_custom_index('contacts_contact', 'number', 'number')")
    rows = Contact.objects.live().annotate(x=field.sql())
    assert "Index Scan using contacts_contact_cf_number" in plan(
        rows.order_by(F("x").desc(nulls_last=True), F("pk").desc())
    )
    assert "contacts_contact_cf_number" in plan(Contact.objects.live().filter(field.condition("gt", ["3"])))


@pytest.mark.parametrize(
    "call",
    [
        "crm_build_custom_index('contacts_contact', 'x) ; drop table y; --', 'text')",
        "crm_build_custom_index('contacts_contact', 'x', 'text(1); --')",
        "crm_build_custom_index('users_user', 'x', 'text')",
        "crm_drop_custom_index('users_user', 'x')",
        "crm_drop_custom_index('contacts_contact', 'X y')",
    ],
)
def test_the_owner_builds_nothing_but_these_indexes(db, call):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}")
