"""Purges that a worker carries out: of which kind, up to which moment, how far."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.runs import Run


class PurgeRun(Run):
    """The purge of what one kind of record, or all of them, had in the bin since before `before` (R8).

    `counts` holds what went, by kind: `purged` and, `along` with it, what belonged to nothing else.
    """

    kind = models.CharField(_("kind"), max_length=20)
    before = models.DateTimeField(_("in the bin since before"))

    class Meta:
        verbose_name = _("purge")
        verbose_name_plural = _("purges")
        indexes = [
            models.Index(fields=["-created_at"], name="purgerun_newest"),
            models.Index(fields=["leased_until"], name="purgerun_at_work", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d}"
