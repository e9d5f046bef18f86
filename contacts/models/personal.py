"""Personal data: archives and erasures of what is held on a contact."""

from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import ClockTimestamp
from crm.kernel.core.models import Keyed
from crm.kernel.listing.runs import Run

from .contact import Contact


class Erasure(Keyed):
    """That a person was erased, when and by whom; written by the database function that does it, never changed (H1)."""

    append_only: ClassVar[bool] = True

    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, related_name="erasures")
    user = models.ForeignKey("users.User", models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    label = models.CharField(max_length=200)
    changeset_id = models.UUIDField(null=True)
    rows = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")

    def __str__(self) -> str:
        return f"{self.contact_id} {self.at}"


class PersonalRun(Run):
    """An archive of everything held on a contact, or its erasure, as the worker's work.

    An archive lies in a file until `expires_at`, for whoever asked for it alone.
    """

    class Kind(models.TextChoices):
        """What is done."""

        ARCHIVE = "archive", _("Archive")
        ERASURE = "erasure", _("Erasure")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("personal data run")
        verbose_name_plural = _("personal data runs")
        indexes = [models.Index(fields=["leased_until"], name="personalrun_at_work", condition=Q(state="running"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.contact_id}"

    @property
    def path(self) -> Path:
        """Where the archive lies."""
        return Path(settings.VAR_DIR) / "files" / "personal" / f"{self.pk}.zip"

    @property
    def ready(self) -> bool:
        """True while the archive can be fetched."""
        return (
            self.kind == self.Kind.ARCHIVE
            and self.state == self.State.DONE
            and self.expires_at is not None
            and self.expires_at > timezone.now()
            and self.path.exists()
        )

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Remove the file too."""
        self.path.unlink(missing_ok=True)
        return super().delete(*args, **kwargs)
