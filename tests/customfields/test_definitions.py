"""Definitions: made, changed, ordered, removed and brought back; only with the right to change the settings (C1, C2)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from contacts.models import Contact
from contacts.services import create_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.conversion import Conversion
from crm.kernel.customfields.counts import filled, option_counts, outcome
from crm.kernel.customfields.fields import fields_for, hidden_keys
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.services import (
    change_type,
    create_field,
    edit_field,
    edit_options,
    jobs,
    order_fields,
    remove_field,
    remove_option,
    restore_field,
    resume_job,
    settle_misfits,
    stop_job,
)


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


def add(boss: Actor, label: str = "Region", kind: str = "dropdown", **values) -> CustomField:
    if kind in ("dropdown", "multi_select"):
        values.setdefault("options", ["East", "West", "North"])
    return create_field(record_kind="contact", label=label, type=kind, actor=boss, **values)


def contact(boss: Actor, name: str = "Lee", **custom) -> Contact:
    values = {f"cf_{key}": value for key, value in custom.items()}
    return create_contact(values={"last_name": name, **values}, actor=boss)


def stored(key: str) -> list:
    rows = Contact.objects.order_by("last_name", "pk").values_list("custom", flat=True)
    return [custom.get(key) for custom in rows]


def test_a_field_gets_a_key_of_its_label_and_a_place_at_the_end(boss):
    first, second = add(boss, " Fleet  size ", "number"), add(boss, "Größe?", "text")
    assert (first.label, first.key, first.position) == ("Fleet size", "fleet_size", 0)
    assert (second.key, second.position) == ("groe", 1) or second.key == "große"
    remove_field(field_id=first.pk, actor=boss)
    assert add(boss, "Fleet size", "number").key == "fleet_size_2", "the key of a removed field stays its own"
    assert add(boss, "123", "text").key == "field_123"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 81}, "label"),
        ({"label": "region"}, "label"),
        ({"label": "New", "key": "region"}, "key"),
        ({"label": "New", "key": "No Key"}, "key"),
        ({"label": "New", "kind": "colour"}, "type"),
        ({"label": "New", "options": []}, "options"),
        ({"label": "New", "options": ["A", "a"]}, "options"),
        ({"label": "New", "options": ["x" * 81]}, "options"),
        ({"label": "New", "options": [str(n) for n in range(201)]}, "options"),
        ({"label": "New", "roles": ["king"]}, "roles"),
        ({"label": "New", "sortable": True}, "sortable"),
        ({"label": "New", "help_text": "x" * 301}, "help_text"),
    ],
)
def test_bad_definitions_are_refused_beside_the_field(boss, values, name, database_diff):
    add(boss)
    with database_diff() as diff, pytest.raises(Refused) as refused:
        add(boss, **values)
    assert name in refused.value.fields and diff.empty


def test_only_whoever_may_change_the_settings_may(boss, manager, database_diff):
    field = add(boss)
    actor = Actor.of(manager)
    with database_diff() as diff:
        for act in (
            lambda: create_field(record_kind="deal", label="X", type="text", actor=actor),
            lambda: edit_field(field_id=field.pk, values={"label": "X"}, actor=actor),
            lambda: edit_options(field_id=field.pk, options=[], actor=actor),
            lambda: remove_option(field_id=field.pk, key="east", actor=actor),
            lambda: change_type(field_id=field.pk, to="text", actor=actor),
            lambda: settle_misfits(field_id=field.pk, actor=actor),
            lambda: remove_field(field_id=field.pk, actor=actor),
            lambda: restore_field(field_id=field.pk, actor=actor),
            lambda: order_fields(record_kind="contact", field_ids=[field.pk], actor=actor),
            lambda: stop_job(job_id=field.pk, actor=actor),
            lambda: resume_job(job_id=field.pk, actor=actor),
        ):
            with pytest.raises(PermissionDenied):
                act()
    assert diff.empty


def test_order_and_who_may_see_it(boss, rep):
    a, b, c = (add(boss, name, "text") for name in "ABC")
    order_fields(record_kind="contact", field_ids=[c.pk, a.pk], actor=boss)
    assert [each.label for each in fields_for("contact")] == ["C", "A", "B"]
    edit_field(field_id=b.pk, values={"roles": ["manager"], "label": "Bee"}, actor=boss)
    assert [each.label for each in fields_for("contact", rep)] == ["C", "A"]
    assert [each.label for each in fields_for("contact", boss)] == ["C", "A", "Bee"]
    remove_field(field_id=a.pk, actor=boss)
    assert hidden_keys("contact", rep) == {"a", "b"}


def test_options_are_renamed_ordered_retired_and_added_without_touching_values(boss):
    field = add(boss)
    contact(boss, region="West")
    options = [
        {"key": "west", "label": "Far west"}, {"label": "South"}, {"key": "east", "label": "East", "retired": True},
        {"key": "north", "label": "North"},
    ]  # fmt: skip
    changed = edit_options(field_id=field.pk, options=options, actor=boss)
    assert [each["key"] for each in changed.options] == ["west", "south", "east", "north"]
    assert changed.options[2]["retired"] and stored("region") == ["west"]
    with pytest.raises(Refused, match="changed in the meantime"):
        edit_options(field_id=field.pk, options=[{"key": "west", "label": "W"}], actor=boss)


@pytest.mark.parametrize(
    ("choice", "values", "left"),
    [
        ({"keep": True}, ["east", "west", None], ["east", "west", "north"]),
        ({"into": "west"}, ["west", "west", None], ["west", "north"]),
        ({}, [None, "west", None], ["west", "north"]),
    ],
)
def test_removing_an_option_keeps_maps_or_clears_and_one_undo_takes_it_back(boss, choice, values, left):
    field = add(boss)
    for name, region in (("A", "east"), ("B", "west"), ("C", None)):
        contact(boss, name, region=region)
    assert option_counts(field) == {"east": 1, "west": 1}
    changed = remove_option(field_id=field.pk, key="east", actor=boss, **choice)
    assert stored("region") == values and [each["key"] for each in changed.options] == left
    undo(changeset_id=boss.last_change, actor=boss)
    field.refresh_from_db()
    assert stored("region") == ["east", "west", None]
    assert [(each["key"], each["retired"]) for each in field.options] == [(k, False) for k in ("east", "west", "north")]


def test_merging_options_of_a_multi_select_leaves_each_once(boss):
    field = add(boss, kind="multi_select")
    contact(boss, "A", region=["east", "west"])
    contact(boss, "B", region=["east"])
    remove_option(field_id=field.pk, key="east", actor=boss, into="west")
    assert stored("region") == [["west"], ["west"]]
    with pytest.raises(Refused):
        remove_option(field_id=field.pk, key="west", actor=boss, into="east")


def test_changing_a_type_converts_what_fits_and_keeps_the_rest_until_somebody_decides(boss):
    field = add(boss, "Fleet", "text")
    for name, words in (("A", "1,200"), ("B", "many"), ("C", None)):
        contact(boss, name, fleet=words)
    shown = outcome(Conversion(_as(field, "number"), {"misfits": "keep", "from": "text", "options": []}), field)
    assert (shown.total, shown.fit, shown.misfits, shown.examples) == (2, 1, 1, ["many"])
    change_type(field_id=field.pk, to="number", actor=boss)
    assert stored("fleet") == ["1200", "many", None]
    version = Contact.objects.get(last_name="A").version
    assert version == 2, "a converted value is a change of the record"
    settle_misfits(field_id=field.pk, actor=boss)
    assert stored("fleet") == ["1200", None, None]
    undo(changeset_id=boss.last_change, actor=boss)
    assert stored("fleet") == ["1200", "many", None]


def _as(field: CustomField, kind: str) -> CustomField:
    return CustomField(record_kind=field.record_kind, key=field.key, label=field.label, type=kind, options=[])


def test_a_change_of_type_is_undone_as_one(boss):
    field = add(boss, "Fleet", "text")
    contact(boss, "A", fleet="12")
    contact(boss, "B", fleet="x")
    change_type(field_id=field.pk, to="number", actor=boss, misfits="clear")
    assert stored("fleet") == ["12", None]
    undo(changeset_id=boss.last_change, actor=boss)
    field.refresh_from_db()
    assert field.type == "text" and stored("fleet") == ["12", "x"]


@pytest.mark.parametrize(
    ("kind", "to", "before", "after"),
    [
        ("dropdown", "text", "east", "East"),
        ("multi_select", "text", ["east", "west"], "East; West"),
        ("dropdown", "multi_select", "east", ["east"]),
        ("multi_select", "dropdown", ["west"], "west"),
        ("text", "dropdown", "Blue sea", "blue_sea"),
        ("text", "multi_select", "Blue", ["blue"]),
        ("money", "number", "12.50 EUR", "12.5"),
        ("number", "text", "1200", "1200"),
        ("date", "text", "2026-01-02", "2026-01-02"),
        ("text", "date", "2 Jan 2026", "2026-01-02"),
        ("yes_no", "text", "yes", "Yes"),
        ("text", "yes_no", "ja", True),
        ("text", "url", "example.com", "https://example.com"),
        ("text", "long_text", "a", "a"),
        ("number", "money", "12", {"amount": "12.00", "currency": "USD"}),
    ],
)
def test_types_are_read_as_each_other(boss, kind, to, before, after):
    field = add(boss, "X", kind)
    contact(boss, x=before)
    change_type(field_id=field.pk, to=to, actor=boss)
    assert stored("x") == [after]


def test_people_become_text_by_name_and_back(boss, rep):
    field = add(boss, "X", "user")
    contact(boss, x=str(rep.pk))
    change_type(field_id=field.pk, to="text", actor=boss)
    assert stored("x") == ["Priya Raman"]
    change_type(field_id=field.pk, to="user", actor=boss)
    assert stored("x") == [str(rep.pk)]


def test_a_removed_field_is_out_of_sight_and_its_values_come_back(boss):
    field = add(boss, "Ship", "text")
    person = contact(boss, ship="Nordic")
    remove_field(field_id=field.pk, actor=boss)
    person.refresh_from_db()
    assert fields_for("contact") == [] and person.custom == {"ship": "Nordic"} and person.search_text == "lee"
    restore_field(field_id=field.pk, actor=boss)
    person.refresh_from_db()
    assert person.search_text == "lee nordic"
    add(boss, "Other", "text")
    remove_field(field_id=field.pk, actor=boss, clear=True)
    assert stored("ship") == [None]
    undo(changeset_id=boss.last_change, actor=boss)
    assert stored("ship") == ["Nordic"] and [each.label for each in fields_for("contact")] == ["Ship", "Other"]


def test_words_leave_the_search_when_a_field_becomes_somebodys_secret(boss):
    field = add(boss, "Ship", "text")
    person = contact(boss, ship="Nordic")
    edit_field(field_id=field.pk, values={"roles": ["manager"]}, actor=boss)
    person.refresh_from_db()
    assert person.search_text == "lee"


def test_many_values_are_left_to_the_worker_which_can_be_stopped_and_goes_on(boss, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    monkeypatch.setattr(jobs, "BATCH", 2)
    field = add(boss)
    for name in "ABCDE":
        contact(boss, name, region="east")
    remove_option(field_id=field.pk, key="east", actor=boss, into="west")
    change = boss.last_change
    job = FieldJob.objects.get()
    assert stored("region") == ["east"] * 5 and (job.state, job.total) == ("waiting", 5)
    stop_job(job_id=job.pk, actor=boss)
    assert jobs.sweep() == 0
    resume_job(job_id=job.pk, actor=boss)
    assert jobs.sweep() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.percent) == ("done", 5, 100) and stored("region") == ["west"] * 5
    with pytest.raises(Refused):
        stop_job(job_id=job.pk, actor=boss)
    undo(changeset_id=change, actor=boss)
    assert stored("region") == ["east"] * 5, "definition and values are one change-set, though written apart"


def test_a_worker_that_dies_loses_nothing(boss, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 0)
    monkeypatch.setattr(jobs, "BATCH", 1)
    field = add(boss)
    for name in "AB":
        contact(boss, name, region="east")
    remove_option(field_id=field.pk, key="east", actor=boss)
    job = FieldJob.objects.get()
    assert jobs._batch(job, field)  # one record, then the worker is gone
    assert stored("region") == [None, "east"]
    FieldJob.objects.update(state="running", leased_until=None)
    jobs.sweep()
    assert stored("region") == [None, None]


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'contacts\\_contact\\_cf\\_%%'")
        return {name for (name,) in cursor.fetchall()}


def test_fast_sorting_builds_its_index_in_the_worker_and_drops_it(boss):
    field = add(boss, "Fleet", "number", sortable=True)
    assert field.indexed_at is None and indexes() == set()
    jobs.sweep()
    field.refresh_from_db()
    assert field.indexed_at is not None and indexes() == {"contacts_contact_cf_fleet"}
    change_type(field_id=field.pk, to="yes_no", actor=boss)
    jobs.sweep()
    field.refresh_from_db()
    assert (field.sortable, field.indexed_at) == (False, None) and indexes() == set()


def test_how_full_a_field_is(boss):
    field = add(boss)
    contact(boss, "A", region="east")
    contact(boss, "B")
    assert filled("contact", [field]) == {"region": 50} and filled("contact", []) == {}


def test_undoing_the_creation_of_a_field_removes_it_while_no_record_holds_a_value(boss):
    field = add(boss)
    undo(changeset_id=boss.last_change, actor=boss)
    assert not CustomField.objects.filter(pk=field.pk).exists()


def test_undoing_the_creation_of_a_field_in_use_only_takes_it_out_of_use(boss, admin, client_of):
    """H2, C2: what people entered since never becomes an invisible key without a definition."""
    field = add(boss)
    made = boss.last_change
    contact(boss, region="East")
    assert client_of(admin).get(f"/audit/{made}/undo/").status_code == 200
    done = undo(changeset_id=made, actor=boss)
    assert (done.removed, done.binned) == (0, 1)
    field.refresh_from_db()
    assert field.removed_at is not None
    assert fields_for("contact") == []
    assert stored("region") == ["east"]
    undo(changeset_id=done.changeset_id, actor=boss)
    assert [each.pk for each in fields_for("contact")] == [field.pk]
