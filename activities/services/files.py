"""Adding files to records and activities, renaming, deleting, restoring and cleaning up (U3, R8)."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.files import blobs
from activities.files.naming import safe_name
from activities.files.sniffing import sniff
from activities.models import Activity, Attachment
from contacts.models import Contact
from crm.kernel.audit.undo import purged_among
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.formats import bytes_words
from crm.kernel.core.history import history_of

from .entries import Entry, write_entries

# A content that nothing refers to is kept this long: its row may be about to be written.
GRACE_HOURS = 24


@command("files.add")
def add_files(*, record: Any, uploads: Sequence[Any], actor: Actor) -> list[Attachment]:
    """Attach uploaded files to a contact, company, deal or activity that the actor has fetched as visible to them.

    Whoever may write activities may add files to what they see. Raises PermissionDenied if the actor may not, Refused,
    naming the file, for one that is empty or too big, or too many; nothing is written then.
    """
    actor.require_kind("edit", "activity")
    if record.kind == Activity.kind:
        actor.require("edit", record)
    check_files(record, uploads)
    now = business_time()
    links = _links(record)
    files = []
    for upload in uploads:
        sha256 = blobs.digest(upload)
        file = Attachment(
            name=safe_name(upload.name),
            size=upload.size,
            content_type=sniff(upload),
            sha256=sha256,
            uploaded_by_id=actor.id,
            created_at=now,
            updated_at=now,
            **links,
        )
        blobs.store(upload, sha256)
        files.append(file)
    Attachment.objects.bulk_create(files)
    if record.kind != Activity.kind:
        _tell(record, files, actor, now)
    return files


def check_files(record: Any, uploads: Sequence[Any]) -> None:
    """Raise Refused unless all of these files may be added; `record` is None for an activity that is yet to be made."""
    if not uploads:
        raise _refused(_("Choose a file."))
    for upload in uploads:
        if not upload.size:
            raise _refused(_("“%(name)s” is empty.") % {"name": safe_name(upload.name)})
        if upload.size > settings.FILES_MAX_BYTES:
            said = {"name": safe_name(upload.name), "most": bytes_words(settings.FILES_MAX_BYTES)}
            raise _refused(_("“%(name)s” is larger than %(most)s.") % said)
    there = Attachment.objects.live().of(record).count() if record is not None else 0
    if there + len(uploads) > settings.FILES_MAX_COUNT:
        raise _refused(_("A record holds at most %(most)d files.") % {"most": settings.FILES_MAX_COUNT})
    if settings.FILES_MAX_TOTAL_BYTES:
        total = Attachment.objects.aggregate(total=Sum("size"))["total"] or 0
        if total + sum(upload.size for upload in uploads) > settings.FILES_MAX_TOTAL_BYTES:
            raise _refused(_("The workspace has no room for more files. Ask an admin."))


def _refused(message: str) -> Refused:
    return Refused(message, fields={"files": message})


def _links(record: Any) -> dict[str, UUID | None]:
    """Return what a file is linked to: its record; that of an activity also to the records of the activity."""
    links: dict[str, UUID | None] = {f"{record.kind}_id": record.pk}
    if record.kind == Activity.kind:
        first = record.contact_links.order_by("id").values_list("contact_id", flat=True).first()
        links |= {"contact_id": first, "deal_id": record.deal_id, "company_id": record.company_id}
    return links


def _tell(record: Any, files: Sequence[Attachment], actor: Actor, now: Any) -> None:
    """Write the lines of the timeline: "added a file"."""
    about: dict[str, Any] = {"company_id": record.pk}
    if record.kind == "deal":
        about = {"deal_id": record.pk, "company_id": record.company_id}
    elif record.kind == Contact.kind:
        about = {"contact_ids": (record.pk,), "company_id": record.company_id}
    write_entries(
        [
            Entry(system="file_added", at=now, data={"file": str(file.pk), "title": file.name}, **about)
            for file in files
        ],
        actor,
    )


def fetch(file_id: UUID, actor: Actor, verb: str) -> Attachment:
    """Return the file, locked. Raises DoesNotExist (404) or PermissionDenied (403)."""
    file: Attachment = Attachment.objects.visible_to(actor).locked().get(pk=file_id)
    actor.require(verb, file)
    return file


def _save(file: Attachment, name: str) -> None:
    file.version += 1
    file.updated_at = business_time()
    file.save(update_fields=[name, "version", "updated_at"])


@command("files.rename")
def rename_file(*, file_id: UUID, name: str, actor: Actor) -> Attachment:
    """Give a file another name; an ending that was left out stays. Raises Refused for an empty one."""
    file = fetch(file_id, actor, "edit")
    if not name.strip():
        raise Refused(_("Type a name."), fields={"name": _("Type a name.")})
    wanted = safe_name(name)
    _stem, dot, ending = file.name.rpartition(".")
    if dot and "." not in wanted:
        wanted = safe_name(f"{wanted}.{ending}")
    if wanted != file.name:
        file.name = wanted
        _save(file, "name")
    return file


@command("files.bin")
def bin_file(*, file_id: UUID, actor: Actor) -> Attachment:
    """Put a file into the bin (R8); its content stays as long as it can be restored."""
    file = fetch(file_id, actor, "delete")
    if file.binned_at is None:
        file.binned_at = timezone.now()
        _save(file, "binned_at")
    return file


@command("files.restore")
def restore_file(*, file_id: UUID, actor: Actor) -> Attachment:
    """Take a file out of the bin (R8)."""
    file = fetch(file_id, actor, "delete")
    if file.binned_at is not None:
        file.binned_at = None
        _save(file, "binned_at")
    return file


def cleanup_files() -> int:
    """Remove contents that no file, no bin and no undo needs; return how many.

    Every file that ever was is in the history, from which an undo may bring it back; so only contents go whose upload
    was never committed, or whose rows were purged or erased.
    """
    now = timezone.now()
    removed = 0
    for sha256 in blobs.kept():
        if not _wanted(sha256) and blobs.age_in_hours(sha256, now) >= GRACE_HOURS:
            blobs.delete(sha256)
            removed += 1
    return removed


def forget_contents(contents: Iterable[str]) -> None:
    """Remove the contents of purged files that no other file has, as far as they are there (R8)."""
    for sha256 in contents:
        if not _wanted(sha256) and blobs.is_there(sha256):
            blobs.delete(sha256)


def _wanted(sha256: str) -> bool:
    """Say whether a file has this content, or had it and may come back by an undo."""
    if Attachment.objects.filter(sha256=sha256).exists():
        return True
    ever = set(history_of(Attachment).objects.filter(sha256=sha256).values_list("pgh_obj_id", flat=True))
    return bool(ever - purged_among(ever))


def missing_contents(most: int = 100_000) -> list[str]:
    """Return the names of files whose content is gone, for `doctor`."""
    rows = Attachment.objects.order_by("sha256").values_list("sha256", "name").distinct("sha256")
    return [name for sha256, name in rows[:most] if not blobs.is_there(sha256)]


def storage_problem() -> str:
    """Return why files cannot be stored, or nothing; stores and removes a small one."""
    content = SimpleUploadedFile("check", b"doctor")
    sha256 = blobs.digest(content)
    try:
        blobs.store(content, sha256)
        if not Attachment.objects.filter(sha256=sha256).exists():
            blobs.delete(sha256)
    except Exception as error:  # noqa: BLE001  whatever the storage raises: a full disk, a wrong key, no network
        return str(error) or type(error).__name__
    return ""


def contents_problem() -> str:
    """Return which files have lost their content, or nothing."""
    names = missing_contents()
    return f"{len(names)} files have lost their content: {', '.join(names[:5])}" if names else ""
