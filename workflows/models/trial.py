"""Dry runs that people asked for, and what each found (W7)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed
from crm.kernel.listing.runs import Run as LongRun

from .rule import Rule, RuleVersion


class Trial(LongRun):
    """A dry run of one version over a period, worked on as bulk actions are. `rows_done` counts the moments looked at.

    `document` is what was tried: a draft goes on changing. `against` is the published version that it is compared with.
    `counts` holds the figures. A trial that was stopped keeps what it had found; it begins anew instead of going on,
    since what a rule does depends on all that happened before.
    """

    KEPT_DAYS: ClassVar[int] = 30
    kind: ClassVar[str] = "dryrun"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="trials", verbose_name=_("rule"))
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField(_("document"))
    against = models.ForeignKey(
        RuleVersion, models.SET_NULL, null=True, related_name="+", verbose_name=_("compared with")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("dry run")
        verbose_name_plural = _("dry runs")
        indexes = [
            models.Index(fields=["rule", "user", "-created_at"], name="trial_newest"),
            models.Index(fields=["leased_until"], name="trial_at_work", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.since:%Y-%m-%d}-{self.until:%Y-%m-%d}"


class TrialLine(Keyed):
    """One moment of a dry run: a match, or why not (a code of `dryrun.results.REASONS`). No personal values (W2).

    `side` says of a match which version would have run: the draft alone, the published one alone, or both.
    `data` holds `trace`, `steps` (action, words, whether it would have been done), `failed` (paths of conditions) and the
    marks `held` (by the brake) and `unknown` (the past does not tell).
    """

    class Side(models.TextChoices):
        """Which version would have run."""

        BOTH = "both", _("Both")
        DRAFT = "draft", _("Only the draft")
        PUBLISHED = "published", _("Only the published version")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="lines")
    outcome = models.CharField(_("outcome"), max_length=12)
    side = models.CharField(max_length=9, choices=Side.choices, blank=True)
    at = models.DateTimeField(_("moment"))
    record_kind = models.CharField(max_length=20, blank=True)
    record_id = models.UUIDField(null=True)
    changeset_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    MATCH: ClassVar[str] = "match"

    class Meta:
        verbose_name = _("line of a dry run")
        verbose_name_plural = _("lines of dry runs")
        indexes = [models.Index(fields=["trial", "outcome", "-at", "-id"], name="trialline_latest")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.record_id}"
