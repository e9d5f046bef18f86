"""History below the ORM: every write has an author and a change-set, whatever way it is made (H1, H2, U5)."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from contacts.models import Contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset, command, set_business_time
from crm.kernel.core.history import TRACKED, history_of

ContactHistory = history_of(Contact)


def add(actor, **values) -> Contact:
    with changeset(actor, "test.add"):
        return Contact.objects.create(first_name="Maya", **values)


def test_insert_update_and_delete_are_recorded_with_their_change_set(rep):
    actor = Actor.of(rep)
    contact = add(actor)
    first = actor.last_change
    with changeset(actor, "test.edit"):
        contact.job_title = "COO"
        contact.save()
    with changeset(actor, "test.remove"):
        Contact.objects.filter(pk=contact.pk).delete()
    rows = ContactHistory.objects.filter(pgh_obj_id=contact.pk).order_by("pgh_id")
    assert list(rows.values_list("pgh_label", "job_title")) == [("insert", ""), ("update", "COO"), ("delete", "COO")]
    assert rows[0].pgh_context_id == first and len({row.pgh_context_id for row in rows}) == 3
    stored = ChangeSet.objects.get(pk=first)
    assert (stored.user, stored.actor_kind, stored.label, stored.source, stored.command) == (
        rep,
        "user",
        rep.name,
        "page",
        "test.add",
    )


def test_bulk_updates_and_raw_sql_are_recorded_too(rep):
    actor = Actor.of(rep)
    for _ in range(3):
        add(actor)
    with changeset(actor, "test.bulk"):
        Contact.objects.update(source="Fair")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE contacts_contact SET source = 'Web'")
    rows = ContactHistory.objects.filter(pgh_context_id=actor.last_change)
    assert sorted(rows.values_list("source", flat=True)) == ["Fair"] * 3 + ["Web"] * 3


@pytest.mark.unattributed
def test_a_write_outside_a_command_is_recorded_as_unattributed(db):
    contact = Contact.objects.create(first_name="Nobody")
    row = ContactHistory.objects.get(pgh_obj_id=contact.pk)
    assert ChangeSet.objects.get(pk=row.pgh_context_id).actor_kind == "unattributed"


@pytest.mark.unattributed
def test_what_follows_a_command_in_a_larger_transaction_is_not_attributed_to_it(rep):
    contact = add(Actor.of(rep))
    Contact.objects.filter(pk=contact.pk).update(source="Web")
    row = ContactHistory.objects.filter(pgh_obj_id=contact.pk).latest("pgh_id")
    assert ChangeSet.objects.get(pk=row.pgh_context_id).actor_kind == "unattributed"


def test_derived_columns_write_no_history(rep):
    actor = Actor.of(rep)
    contact = add(actor)
    with changeset(actor, "test.touch"):
        Contact.objects.filter(pk=contact.pk).update(last_touch_at=timezone.now(), search_text="maya", version=9)
    assert ContactHistory.objects.filter(pgh_obj_id=contact.pk).count() == 1


def test_a_command_that_changes_nothing_leaves_no_change_set(rep):
    actor = Actor.of(rep)
    add(actor)
    before = ChangeSet.objects.count()
    with changeset(actor, "test.nothing"):
        Contact.objects.update(first_name="Maya")
    assert ChangeSet.objects.count() == before


def test_a_service_called_by_another_joins_its_change_set(rep):
    @command("test.inner")
    def inner(*, actor):
        Contact.objects.create(first_name="Inner")

    @command("test.outer")
    def outer(*, actor):
        Contact.objects.create(first_name="Outer")
        inner(actor=actor)

    outer(actor=Actor.of(rep))
    written = ChangeSet.objects.filter(command__in=("test.inner", "test.outer"))
    assert [change.command for change in written] == ["test.outer"]


def test_a_command_that_fails_leaves_nothing(rep):
    with pytest.raises(ZeroDivisionError), changeset(Actor.of(rep), "test.fails"):
        Contact.objects.create(first_name="Gone")
        raise ZeroDivisionError
    assert not Contact.objects.exists() and not ContactHistory.objects.exists()
    assert not ChangeSet.objects.filter(command="test.fails").exists()


def test_dated_back_history_carries_both_times(rep):
    actor = Actor.of(rep)
    then = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
    with changeset(actor, "test.import", at=then):
        contact = Contact.objects.create(first_name="Old")
        set_business_time(then + dt.timedelta(days=1))
        Contact.objects.filter(pk=contact.pk).update(source="Fair")
    rows = ContactHistory.objects.filter(pgh_obj_id=contact.pk).order_by("pgh_id")
    assert [row.pgh_created_at for row in rows] == [then, then + dt.timedelta(days=1)]
    assert all(timezone.now() - row.recorded_at < dt.timedelta(minutes=1) for row in rows)
    stored = ChangeSet.objects.get(pk=actor.last_change)
    assert stored.at == then and stored.recorded_at > then


# What workers leave for themselves: runs, what waits, what can be found again, and the record of erasing itself. Frozen
# forecasts are never changed: a trigger and the database's roles see to that.
UNTRACKED = {
    "contacts.duplicatecheck", "contacts.duplicatekey", "contacts.duplicatepair", "contacts.duplicatescan",
    "contacts.erasure", "contacts.personalrun",
    "deals.frozendeal", "deals.frozenforecast", "deals.frozenoutlook", "deals.keptforecast",
}  # fmt: skip


def test_every_business_model_is_tracked():
    names = {model._meta.label_lower for model in TRACKED}
    for app in ("contacts", "deals", "activities"):
        models = {m for m in apps.get_app_config(app).get_models() if not m.__name__.endswith("History")}
        assert {m._meta.label_lower for m in models} - UNTRACKED <= names, app


def test_history_has_the_indexes_that_it_is_read_by_and_no_other(db):
    with connection.cursor() as cursor:
        for model in TRACKED:
            history = history_of(model)._meta
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [history.db_table])
            declared = {f"{history.db_table}_pkey", *(each.name for each in history.indexes)}
            assert {name for (name,) in cursor.fetchall()} == declared, history.label
