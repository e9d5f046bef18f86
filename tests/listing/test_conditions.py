"""Conditions: SQL and plain Python agree on every record, empty values included; addresses are read strictly."""

import datetime as dt
import json
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact
from contacts.services import create_contacts
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing.conditions import (
    BadCondition,
    Choice,
    Date,
    Group,
    Instant,
    Number,
    Person,
    Rule,
    Tags,
    Text,
    YesNo,
    dump,
    parse,
)
from crm.kernel.listing.conditions.dates import period
from crm.kernel.listing.custom import custom_fields

TODAY = dt.date(2026, 11, 20)
PLAIN = (
    Text(key="city", label="City"),
    Text(key="industry", label="Industry", column="company__industry"),
    Choice(key="lifecycle", label="Lifecycle", options=[("lead", "Lead"), ("customer", "Customer"), ("other", "Other")]),
    Number(key="score", label="Score", column="lead_score"),
    Date(key="churned", label="Churned", column="churned_on"),
    Instant(key="touched", label="Touched", column="last_touch_at"),
    Tags(key="tags", label="Tags"),
    Person(key="owner", label="Owner", column="owner_id"),
    YesNo(key="dne", label="No mail", column="do_not_email"),
)  # fmt: skip
CITIES = ["", "Aarhus", "AAR hus", "Oslo", "100%_"]
CUSTOM = [
    ("cf_plan", "dropdown", [None, "gold", "silver"]),
    ("cf_seats", "number", [None, "5", "7.5", "-2"]),
    ("cf_ends", "date", [None, "2026-11-20", "2026-10-01", "2027-01-01"]),
    ("cf_areas", "multi_select", [None, ["gold"], ["gold", "silver"]]),
    ("cf_vip", "yes_no", [None, True, False]),
    ("cf_note", "text", [None, "Ring first", "ring"]),
]
OPTIONS = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]


@pytest.fixture
def reader(rep):
    """A reader and a day that does not move."""
    zone = ZoneInfo("UTC")
    return SimpleNamespace(
        actor=Actor.of(rep), today=TODAY, start_of=lambda day: dt.datetime.combine(day, dt.time(), tzinfo=zone)
    )


@pytest.fixture
def fields(rep):
    """Built-in fields and one custom field of each interesting type, by key."""
    with changeset(Actor.system("test data"), "test.fields"):
        for key, type_, _values in CUSTOM:
            options = OPTIONS if type_ in ("dropdown", "multi_select") else []
            CustomField.objects.create(record_kind="contact", key=key[3:], label=key, type=type_, options=options)
    found = custom_fields("contact", Actor.of(rep)).conditions
    assert len(found) == len(CUSTOM)
    return {each.key: each for each in (*PLAIN, *found)}


@pytest.fixture
def records(rep, mate, fields):
    """Contacts with every mixture of values and empties, and their values by key."""
    people = [None, rep, mate]
    rows = [
        {"last_name": f"N{i}", "city": CITIES[i % 5], "tags": [[], ["vip"], ["vip", "new"]][i % 3],
         "lifecycle": ["lead", "other"][(i // 2) % 2], "lead_score": [0, 5, 9][i % 3],
         "owner": people[(i // 3) % 3], "do_not_email": i % 4 == 0}
        for i in range(24)
    ]  # fmt: skip
    contacts = create_contacts(rows=rows, actor=Actor.of(rep))
    found = {}
    with changeset(Actor.system("test data"), "test.fill"):
        for i, contact in enumerate(contacts):
            custom = {k[3:]: values[i % len(values)] for k, _t, values in CUSTOM if values[i % len(values)] is not None}
            days = [None, 0, 6, 7, 30, -3][i % 6]
            touched = (
                None if days is None else dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC) - dt.timedelta(days=days)
            )
            churned = [None, TODAY, dt.date(2026, 1, 5)][i % 3]
            Contact.objects.filter(pk=contact.pk).update(custom=custom, last_touch_at=touched, churned_on=churned)
            typed = {f"cf_{key}": value for key, value in custom.items()}
            if "cf_seats" in typed:
                typed["cf_seats"] = Decimal(typed["cf_seats"])
            found[contact.pk] = {
                **typed, "city": rows[i]["city"], "industry": None, "lifecycle": rows[i]["lifecycle"],
                "score": rows[i]["lead_score"], "churned": churned, "touched": touched, "tags": rows[i]["tags"],
                "owner": rows[i]["owner"] and rows[i]["owner"].pk, "dne": rows[i]["do_not_email"],
            }  # fmt: skip
    return found


def check(group: Group, records, reader) -> None:
    rows = Contact.objects.filter(pk__in=list(records)).alias(**group.aliases)
    by_sql = set(rows.filter(group.q(reader)).values_list("pk", flat=True))
    with timezone.override(dt.UTC):
        by_hand = {pk for pk, record in records.items() if group.holds(record, reader)}
    assert by_sql == by_hand, dump(group)


VALUES = {
    "city": ["aar", "Oslo", "%", "_", ""],
    "industry": ["x"],
    "lifecycle": ["lead", "customer"],
    "score": ["0", "5", "6,5", "-1"],
    "churned": ["2026-11-20", "2026-01-05", "7", "400", "this-year", "today"],
    "touched": ["2026-11-20", "2026-11-14", "7", "6", "0", "30", "last-month", "this-week"],
    "tags": ["vip", "new"],
    "owner": ["me", "team"],
    "dne": [],
    "cf_plan": ["gold", "Silver"],
    "cf_seats": ["5", "7.5"],
    "cf_ends": ["2026-11-20", "30", "this-month", "0"],
    "cf_areas": ["gold", "silver"],
    "cf_vip": [],
    "cf_note": ["ring", "first"],
}


def rules(fields):
    """Return every condition that the fields take with the values above."""
    found = []
    for field in fields.values():
        for operator in field.operators.values():
            values = VALUES[field.key]
            takes = {0: [[]], 1: [[v] for v in values], 2: [[a, b] for a in values for b in values if a != b]}
            for raw in takes.get(operator.takes, [[v] for v in values] + [values]):
                found.append((field.key, operator.key, raw))
    return found


def test_every_condition_means_the_same_in_sql_and_in_python(fields, records, reader):
    tried = 0
    for key, operator, raw in rules(fields):
        try:
            rule = Rule.read(fields[key], operator, raw, reader)
        except BadCondition:
            continue
        tried += 1
        for mode in ("all", "none"):
            check(Group(mode, (rule,)), records, reader)
    assert tried > 120


def test_groups_of_groups_mean_the_same_in_sql_and_in_python(fields, records, reader):
    known = []
    for key, operator, raw in rules(fields):
        try:
            Rule.read(fields[key], operator, raw, reader)
            known.append([key, operator, *raw])
        except BadCondition:
            continue
    modes = st.sampled_from(["all", "any", "none"])
    trees = st.recursive(
        st.sampled_from(known), lambda inner: st.tuples(modes, inner, inner).map(list), max_leaves=5
    )  # fmt: skip

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(tree=trees)
    def agree(tree):
        data = tree if tree[0] in ("all", "any", "none") else ["all", tree]
        if json.dumps(data).count("[") > 6:
            return  # may be nested too deeply
        group = parse(json.dumps(data), fields, reader)
        assert parse(dump(group), fields, reader).dump() == group.dump()
        check(group, records, reader)

    agree()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"), ("[]", "cannot be read"), ('["all", 3]', "cannot be read"), ('["some"]', "cannot be read"),
        ('["all", ["city"]]', "cannot be read"), ('["all", ["city", "is", 3]]', "cannot be read"),
        ('["all", ["password", "is", "x"]]', "no field “password”"), ('["all", ["city", "like", "x"]]', "by “like”"),
        ('["all", ["city", "is"]]', "Give a value"), ('["all", ["city", "is", "a", "b"]]', "Give a value"),
        ('["all", ["score", "lt", "many"]]', "Type a number"), ('["all", ["churned", "gt", "2026-02-31"]]', "Type a date"),
        ('["all", ["churned", "last", "-3"]]', "number of days"), ('["all", ["churned", "in", "soon"]]', "period"),
        ('["all", ["lifecycle", "is", "friend"]]', "none of the choices"), ('["all", ["owner", "is", "x"]]', "none of the"),
        ('["all", ["cf_plan", "is", "bronze"]]', "cf_plan"), ('["all", ["city", "is", "a\\u0000"]]', "cannot be read"),
        ('["all",' * 5 + '["city","empty"]' + "]" * 5, "too deeply"), ("[" * 3000, "cannot be read"),
        ('["all",' + ",".join(['["city","empty"]'] * 41) + "]", "too many"), ('["all"' + " " * 6000 + "]", "too many"),
    ],
)  # fmt: skip
def test_what_no_list_writes_is_refused_in_words(fields, reader, text, words):
    with pytest.raises(BadCondition, match=words):
        parse(text, fields, reader)


def test_a_condition_on_a_lost_field_can_be_left_out(fields, reader):
    missing: list[str] = []
    group = parse(
        '["any", ["gone", "is", "x"], ["all", ["cf_old", "empty"]], ["city", "is", "Oslo"]]', fields, reader, missing
    )
    assert missing == ["gone", "cf_old"]
    assert group.dump() == ["any", ["city", "is", "Oslo"]]


def test_conditions_in_words(fields, reader):
    text = '["all", ["city", "is_not", "Oslo"], ["any", ["touched", "older", "30"], ["score", "between", "1", "5"]]]'
    words = parse(text, fields, reader).words(reader)
    assert words == "City is not Oslo and (Touched more than 30 days ago or Score is between 1 and 5)"


def test_named_periods_go_by_the_calendar():
    assert period("last-month", dt.date(2026, 1, 15)) == (dt.date(2025, 12, 1), dt.date(2025, 12, 31))
    assert period("this-quarter", TODAY) == (dt.date(2026, 10, 1), dt.date(2026, 12, 31))
    assert period("next-week", TODAY) == (dt.date(2026, 11, 23), dt.date(2026, 11, 29))
    assert period("last-year", TODAY) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


def test_an_amount_is_read_as_it_is_typed_in_forms(reader):
    for money, number in ((True, 12_400), (False, Decimal("12.4"))):
        assert Number(key="amount", label="Amount", money=money).read("gt", "12.400", reader) == number
