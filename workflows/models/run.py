"""Runs and their steps (W3, W6, W8): ids and names of fields only; personal values come from history when shown (W2)."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed, Rows

from .rule import Rule, RuleVersion


class RunQuerySet(Rows):
    """Query verbs for runs."""

    def visible_to(self, who: Any) -> Self:
        """Return all runs for holders of the right to rules, else none; pages ask for the record besides (U3)."""
        return self.all() if who.may("rules") else self.none()

    def due(self, now: dt.datetime) -> Self:
        """Return the runs that should go on now."""
        return self.filter(state__in=Run.PENDING, due_at__lte=now)

    def pending(self) -> Self:
        """Return the runs that are not at their end."""
        return self.filter(state__in=Run.PENDING)

    def resting(self) -> Self:
        """Return the failed runs, which a person retries or dismisses (W8)."""
        return self.filter(state=Run.State.FAILED)

    def of_record(self, kind: str, pk: Any) -> Self:
        """Return the runs for a record."""
        return self.filter(record_kind=kind, record_id=pk)


class Run(Keyed):
    """One rule at work on one record because of one event (W3). `key` says what set it off and is unique per rule:
    `event:<id>`, `manual:<id>`, `time:<record>:<spell>`.

    `trace` holds each condition with the value wanted, the value seen (not of personal fields) and whether it held.
    `chain` lists the (rule, record) pairs that led here, this one included (W5). `position` is the next step.
    """

    class State(models.TextChoices):
        """How far it is."""

        READY = "ready", _("About to start")
        WAITING = "waiting", _("Waiting")
        RETRYING = "retrying", _("Trying again")
        HELD = "held", _("Held back")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        DISMISSED = "dismissed", _("Dismissed")
        CANCELLED = "cancelled", _("Cancelled")

    PENDING: ClassVar[tuple[str, ...]] = ("ready", "waiting", "retrying", "held")
    MAX_ATTEMPTS: ClassVar[int] = 6
    kind: ClassVar[str] = "workflowrun"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="runs", verbose_name=_("rule"))
    version = models.ForeignKey(RuleVersion, models.SET_NULL, null=True, related_name="runs")
    key = models.CharField(max_length=120)
    event_id = models.BigIntegerField(null=True)
    record_kind = models.CharField(max_length=20, blank=True)
    record_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READY)
    # Why it stands as it does: a short code (`loop`, `depth`, `rate`, `broken`, `gone`, `undone` ...) and words.
    cause = models.CharField(max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    depth = models.PositiveSmallIntegerField(default=0)
    chain = models.JSONField(default=list)
    trace = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    changeset_id = models.UUIDField(null=True)
    caused_by_set = models.UUIDField(null=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    due_at = models.DateTimeField(_("goes on"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a rule")
        verbose_name_plural = _("runs of rules")
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="run_once")]
        indexes = [
            models.Index(fields=["rule", "-started_at", "-id"], name="run_rule"),
            models.Index(fields=["-started_at", "-id"], name="run_latest"),
            models.Index(fields=["state", "-started_at", "-id"], name="run_state"),
            models.Index(fields=["record_id", "-started_at"], name="run_record"),
            models.Index(fields=["event_id"], name="run_event"),
            models.Index(fields=["changeset_id"], name="run_set", condition=Q(changeset_id__isnull=False)),
            models.Index(fields=["caused_by_set"], name="run_caused_by", condition=Q(caused_by_set__isnull=False)),
            models.Index(
                fields=["due_at"], name="run_due", condition=Q(state__in=("ready", "waiting", "retrying", "held"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.key}"

    @property
    def is_pending(self) -> bool:
        """True while it is not at its end."""
        return self.state in self.PENDING


class Step(Keyed):
    """What one step of a run did (W6): the fence against doing it twice (W3). `words` says it for people."""

    class State(models.TextChoices):
        """How it went."""

        DONE = "done", _("Done")
        WAITING = "waiting", _("Waiting")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    kind: ClassVar[str] = "workflowstep"

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=30)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE)
    words = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)
    trace = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["run", "index"]
        verbose_name = _("step of a run")
        verbose_name_plural = _("steps of runs")
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="step_once")]

    def __str__(self) -> str:
        return f"{self.action} ({self.state})"
