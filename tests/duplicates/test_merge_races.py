"""Edits and merges at the same moment: nothing that was acknowledged is lost (M3)."""

import threading

import pytest
from django.db import connection

from contacts.models import Contact
from contacts.services import edit_contact
from contacts.services.merging import merge_contacts
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.events.drain import drain_outbox
from crm.kernel.search.models import Favourite
from crm.kernel.search.services import toggle_favourite


def at_once(*steps):
    """Run each step in a thread of its own with a connection of its own; return what each raised, None if nothing."""
    start, raised = threading.Barrier(len(steps)), [None] * len(steps)

    def run(number, step):
        start.wait()
        try:
            step()
        except (Refused, Contact.DoesNotExist) as error:
            raised[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_an_edit_that_was_acknowledged_is_in_the_result(rep, manager, maya, double):
    boss = Actor.of(manager)
    lost = at_once(
        lambda: edit_contact(contact_id=double.pk, values={"language": "Danish"}, actor=Actor.of(manager)),
        lambda: merge_contacts(survivor_id=maya.pk, loser_id=double.pk, actor=boss),
    )
    maya.refresh_from_db()
    assert lost[1] is None and (maya.language == "Danish" or isinstance(lost[0], Contact.DoesNotExist))


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_an_edit_under_way(rep, manager, maya, double):
    """The edit holds the row: the merge takes what it wrote, though it was asked for before the commit."""
    editing, merging = threading.Event(), []

    def edit():
        with changeset(Actor.of(manager), "test.edit"):
            edit_contact(contact_id=double.pk, values={"language": "Danish"}, actor=Actor.of(manager))
            editing.set()
            threading.Event().wait(0.3)

    def merge():
        editing.wait()
        merging.append(merge_contacts(survivor_id=maya.pk, loser_id=double.pk, actor=Actor.of(manager)))

    assert at_once(edit, merge) == [None, None]
    assert merging[0].language == "Danish"


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_the_same_two_in_both_directions_make_one(rep, manager, admin, maya, double):
    raised = at_once(
        lambda: merge_contacts(survivor_id=maya.pk, loser_id=double.pk, actor=Actor.of(manager)),
        lambda: merge_contacts(survivor_id=double.pk, loser_id=maya.pk, actor=Actor.of(admin)),
    )
    assert sum(each is None for each in raised) == 1
    assert Contact.objects.live().filter(pk__in=[maya.pk, double.pk]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_saved_while_the_merge_ran_comes_to_the_survivor(manager, maya, double):
    """It was checked while the record was there and is committed after the merge; the worker brings it over."""
    saving, merged, boss = threading.Event(), threading.Event(), Actor.of(manager)

    def star():
        with changeset(boss, "test.star"):
            toggle_favourite(user=manager, kind="contact", record_id=double.pk)
            saving.set()
            merged.wait(10)

    def merge():
        saving.wait()
        merge_contacts(survivor_id=maya.pk, loser_id=double.pk, actor=boss)
        merged.set()

    assert at_once(star, merge) == [None, None]
    assert Favourite.objects.get().record_id == double.pk
    drain_outbox()
    assert Favourite.objects.filter(user=manager, record_id=maya.pk).exists()
