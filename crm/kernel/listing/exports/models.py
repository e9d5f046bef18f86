"""Exports that a worker writes: what, for whom, how far, and the file."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.runs import Run


class ExportRun(Run):
    """One file on its way to one person. It begins anew when it was cut off: half a file is no file.

    The file is its person's alone and is deleted after `KEPT_DAYS` days.
    """

    class What(models.TextChoices):
        """What is in the file."""

        COLUMNS = "columns", _("The list's columns")
        FIELDS = "fields", _("All fields")
        ARCHIVE = "archive", _("One archive with everything")

    KEPT_DAYS: ClassVar[int] = 7

    kind = models.CharField(_("kind"), max_length=20)
    what = models.CharField(_("what"), max_length=8, choices=What.choices, default=What.COLUMNS)
    format = models.CharField(_("format"), max_length=8)
    selection = models.JSONField(default=dict)
    file_name = models.CharField(_("file"), max_length=120)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="exportrun_newest"),
            models.Index(fields=["leased_until"], name="exportrun_at_work", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(settings.VAR_DIR) / "files" / "exports" / f"{self.pk}"

    @property
    def ready(self) -> bool:
        """True if the file can be fetched."""
        return self.state == self.State.DONE and self.path.is_file()
