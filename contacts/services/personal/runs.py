"""Archives and erasures as the worker's work: asked for on a page, done under a lease, fetched by whoever asked."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from contacts.models import Contact, PersonalRun
from crm.kernel.core.changes import Actor, command
from crm.kernel.listing.runs import end, hand_over, take_lease

from .archive import write_archive
from .erasing import check_erasable, erase_person

WORK = "personal"
KEPT = dt.timedelta(days=7)
LEASE = dt.timedelta(minutes=30)  # both are one piece and tell nothing before their end


@command("contacts.archive")
def request_archive(*, contact_id: UUID, actor: Actor) -> PersonalRun:
    """Have everything held on a contact put together. Raises Contact.DoesNotExist, PermissionDenied."""
    contact = Contact.objects.visible_to(actor).filter(merged_into__isnull=True).get(pk=contact_id)
    actor.require_flag("personal_data")
    run = PersonalRun(user=actor.user, kind=PersonalRun.Kind.ARCHIVE, contact=contact)
    hand_over(run, WORK, actor)
    return run


@command("contacts.request_erasure")
def request_erasure(*, contact_id: UUID, actor: Actor, confirm: str) -> PersonalRun:
    """Have a person erased by the worker. Checks all that `erase_person` checks, before anything is written."""
    contact = check_erasable(contact_id, actor, confirm)
    run = PersonalRun(user=actor.user, kind=PersonalRun.Kind.ERASURE, contact=contact)
    hand_over(run, WORK, actor)
    return run


def perform(run: PersonalRun) -> None:
    """Do what a run asks for, with the rights that its person has now."""
    lease = take_lease(run, length=LEASE)
    actor = Actor.of(run.user, source="worker")
    if run.kind == PersonalRun.Kind.ARCHIVE:
        actor.require_flag("personal_data")
        rows = write_archive(run.contact, run.path)
        end(run, lease, "done", rows_done=rows, rows_total=rows, expires_at=timezone.now() + KEPT)
        remove_expired()
        return
    with transaction.atomic():
        if run.contact.erased_at is None:
            rows = erase_person(contact_id=run.contact_id, actor=actor, confirm=run.contact.name)
            run.rows_total = run.rows_done = rows
        remove_archives_of(run.contact_id)
        end(run, lease, "done", rows_done=run.rows_done, rows_total=run.rows_total)


def remove_expired() -> None:
    """Remove the files of archives whose time is over."""
    for old in PersonalRun.objects.filter(kind=PersonalRun.Kind.ARCHIVE, expires_at__lt=timezone.now()):
        old.delete()


def remove_archives_of(contact_id: UUID) -> None:
    """Remove all archives of a person who was erased."""
    for old in PersonalRun.objects.filter(kind=PersonalRun.Kind.ARCHIVE, contact_id=contact_id):
        old.delete()


def archive_of(*, run_id: UUID, actor: Actor) -> PersonalRun:
    """Return an archive that can be fetched: one's own, finished, in time. Raises PersonalRun.DoesNotExist otherwise."""
    actor.require_flag("personal_data")
    run: PersonalRun = PersonalRun.objects.get(pk=run_id, user=actor.user, kind=PersonalRun.Kind.ARCHIVE)
    if not run.ready:
        raise PersonalRun.DoesNotExist("The archive is not there (any more).")
    return run
