"""What becomes of activities, tasks and files whose records are purged (R8): what belongs to nothing else goes along."""

from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.listing.purging.registry import Purgeable, purge_along
from crm.kernel.listing.purging.registry import register as purge

from .models import Activity, ActivityContact, Attachment, Task
from .models.attachment import LINKS
from .services.files import forget_contents

RECORDS = ("contact", "company", "deal")


def register() -> None:
    """Offer the three kinds, and say what becomes of them when what they are linked to goes."""
    purge(
        Purgeable(
            "activity", Activity, _("Activities"), lambda n: ngettext("%d activity", "%d activities", n) % n,
            _("Calls, e-mails, meetings and notes, with files that belong to nothing else."),
            "activities:activity_bin_list",
        )
    )  # fmt: skip
    purge(
        Purgeable(
            "task", Task, _("Tasks"), lambda n: ngettext("%d task", "%d tasks", n) % n,
            _("Done ones too."), "activities:task_bin_list",
        )
    )  # fmt: skip
    purge(
        Purgeable(
            "attachment", Attachment, _("Files"), lambda n: ngettext("%d file", "%d files", n) % n,
            _("Their contents go as well, unless another file has the same."),
            remove=remove_files, governed_by="activity",
        )
    )  # fmt: skip
    purge_along(release)


def release(kind: str, ids: Collection[UUID]) -> Counter[str]:
    """Remove what belongs to nothing but these records, take the link from the rest; return how many went, by kind."""
    gone: Counter[str] = Counter()
    if kind in RECORDS:
        tasks = Task.objects.filter(**{f"{kind}__in": ids})
        gone["task"] = _remove(tasks.filter(_no_other(kind, RECORDS)))
        _let_go(tasks, kind)
        gone += _activities(kind, ids)
    if kind in LINKS:
        files = Attachment.objects.filter(**{f"{kind}__in": ids})
        alone = set(files.filter(_no_other(kind, LINKS)).values_list("pk", flat=True))
        gone["attachment"] += len(alone)
        remove_files(alone)
        _let_go(files, kind)
    return +gone


def _activities(kind: str, ids: Collection[UUID]) -> Counter[str]:
    """Do the same with activities. The lines that the product wrote of a deal go with it: its stage visits tell of it."""
    links = ActivityContact.objects.filter(activity=OuterRef("pk"))
    if kind == "contact":
        rows = Activity.objects.filter(pk__in=ActivityContact.objects.filter(contact__in=ids).values("activity"))
        people = Exists(links.exclude(contact__in=ids))
        alone = ~people & Q(deal=None) & (Q(company=None) | Q(type=Activity.Type.SYSTEM))
    else:
        rows = Activity.objects.filter(**{f"{kind}__in": ids})
        alone = ~Exists(links) & _no_other(kind, ("deal", "company"))
        if kind == "deal":
            alone |= Q(type=Activity.Type.SYSTEM)
    lost = set(rows.filter(alone).values_list("pk", flat=True))
    typed = Activity.objects.filter(pk__in=lost).exclude(type=Activity.Type.SYSTEM).count()
    gone = Counter({"activity": typed}) + release(Activity.kind, lost)
    Activity.objects.filter(pk__in=lost).delete()
    if kind != "contact":  # links to people go by themselves
        _let_go(rows, kind)
    return gone


def _no_other(kind: str, links: Collection[str]) -> Q:
    return Q(**{f"{name}__isnull": True for name in links if name != kind})


def _remove(rows: Any) -> int:
    ids = list(rows.values_list("pk", flat=True))
    rows.model.objects.filter(pk__in=ids).delete()
    return len(ids)


def _let_go(rows: Any, kind: str) -> None:
    rows.update(**{kind: None}, version=F("version") + 1, updated_at=timezone.now())


def remove_files(ids: Collection[UUID]) -> None:
    """Remove files for good; once that is committed, their contents too."""
    files = Attachment.objects.filter(pk__in=ids)
    contents = set(files.values_list("sha256", flat=True))
    files.delete()
    if contents:
        transaction.on_commit(partial(forget_contents, contents))
