"""How long uploaded files are kept. An undo never needs them (it reads the history), a resume and the rows left out do."""

import datetime as dt
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from .models import ImportRun

UNBEGUN = (ImportRun.State.DRAFT, ImportRun.State.CHECKED)


def clean_up(now: dt.datetime | None = None) -> int:
    """Delete files that were uploaded more than `IMPORT_FILES_DAYS` days ago and that no run is reading; return how many.

    A run that has written nothing goes with its file. One that has written stays, with its figures and its undo. A file
    without a run (its upload was cut off) goes as well.
    """
    limit = (now or timezone.now()) - dt.timedelta(days=settings.IMPORT_FILES_DAYS)
    old = [path for path in ImportRun.folder().glob("*.csv") if path.stat().st_mtime < limit.timestamp()]
    runs = ImportRun.objects.in_bulk([key for path in old if (key := _key(path))])
    gone = 0
    for path in old:
        run = runs.get(_key(path))
        if run is None or not run.at_work:
            path.unlink(missing_ok=True)
            gone += 1
    unread = Q(state=ImportRun.State.FAILED, header=[])
    ImportRun.objects.filter(Q(state__in=UNBEGUN) | unread, created_at__lt=limit).delete()
    return gone


def _key(path: Path) -> UUID | None:
    """Return the id of the run that a file belongs to by its name."""
    try:
        return UUID(path.stem)
    except ValueError:
        return None
