"""Bulk runs: which action, with which values, on which records, and what became of each."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.runs import Run


class BulkRun(Run):
    """One action on many records. `params` holds the dialog's form as it was sent, lists by name.

    `selection` holds the chosen ids, or the list and its query. It is frozen into `BulkItem` rows before anything is
    written: at once for chosen records, by the worker for all that match (what its person may see, at that moment).
    Runs are deleted after `KEPT_DAYS` days, since `params` and messages may hold what people typed.
    """

    KEPT_DAYS: ClassVar[int] = 30

    kind = models.CharField(_("kind"), max_length=20)
    action = models.CharField(_("action"), max_length=40)
    params = models.JSONField(default=dict)
    selection = models.JSONField(default=dict)
    frozen = models.BooleanField(default=False)
    quiet = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="bulkrun_newest"),
            models.Index(fields=["leased_until"], name="bulkrun_at_work", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind}"

    @property
    def definition(self) -> Any:
        """The action; raises KeyError if the product does not know it any more."""
        from .registry import action_of

        return action_of(self.kind, self.action)


class BulkItem(models.Model):
    """One record of a run, and what became of it. Its `message` says why it was refused."""

    class Outcome(models.TextChoices):
        """What became of a record."""

        WAITING = "", _("Waiting")
        DONE = "done", _("Done")
        UNCHANGED = "same", _("As it was")
        REFUSED = "refused", _("Refused")

    OF_COUNT: ClassVar[dict[str, str]] = {"done": "done", "same": "unchanged", "refused": "refused"}

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="items")
    record_id = models.UUIDField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True, default="")
    message = models.CharField(_("why"), max_length=400, blank=True)
    hidden = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("record of a bulk action")
        verbose_name_plural = _("records of bulk actions")
        indexes = [
            models.Index(fields=["run", "id"], name="bulkitem_waiting", condition=Q(outcome="")),
            models.Index(fields=["run", "id"], name="bulkitem_refused", condition=Q(outcome="refused")),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "record_id"], name="bulkitem_once")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.outcome}"
