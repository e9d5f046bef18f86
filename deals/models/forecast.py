"""What forecasts keep: answers computed by the worker, and forecasts frozen every Monday."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed, Rows

from .pipeline import Pipeline, Stage


class KeptForecastQuerySet(Rows):
    """Query verbs for kept answers."""

    def waiting(self) -> Self:
        """Return what was asked for and is not computed yet, nor has failed."""
        return self.filter(value__isnull=True, failed="")

    def visible_to(self, who: object) -> Self:
        """Return all: an answer is found only by its question, which holds the reach of who asks."""
        return self.all()


class KeptForecast(Keyed):
    """An answer that takes too long for a page: asked for by a page, computed by the worker, kept for its day.

    `question` holds all that the answer depends on, `key` is its digest. `value` is empty until it is computed.
    """

    kind: ClassVar[str] = "keptforecast"

    key = models.CharField(max_length=64, unique=True)
    question = models.JSONField()
    day = models.DateField(_("for the day"))
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    value = models.JSONField(null=True)
    failed = models.TextField(_("failed"), blank=True)

    objects = KeptForecastQuerySet.as_manager()

    class Meta:
        verbose_name = _("computed forecast")
        verbose_name_plural = _("computed forecasts")
        indexes = [
            models.Index(fields=["asked_at"], name="keptforecast_waiting", condition=Q(value__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.question.get('kind', '')} {self.day}"


class FrozenRows(Rows):
    """Rows of frozen forecasts."""

    def visible_to(self, who: Any) -> Self:
        """Return the rows of the people whose deals and reports somebody may see, and of nobody in particular (U3)."""
        deals, reports = who.scope("deal", "view"), who.scope("report", "view")
        return self.filter(deals.filter()).filter(reports.filter())


class FrozenForecast(Keyed):
    """The forecast as it stood at 00:00 of a Monday in the workspace's zone: never changed.

    `late` marks one that was built after its Monday, from what is on record for that moment.
    """

    kind: ClassVar[str] = "frozenforecast"
    append_only: ClassVar[bool] = True

    monday = models.DateField(_("Monday"), unique=True)
    frozen_at = models.DateTimeField(_("stands for"))
    built_at = models.DateTimeField(_("built"), auto_now_add=True)
    late = models.BooleanField(_("built later"), default=False)

    class Meta:
        verbose_name = _("frozen forecast")
        verbose_name_plural = _("frozen forecasts")
        ordering = ["-monday"]

    def __str__(self) -> str:
        return f"{self.monday}"


class FrozenDeal(Keyed):
    """An open deal in a frozen forecast, as it then was. `learned` is its chance within the horizon at its age, 0 to 1.

    `deal_id` is no foreign key: what was foretold stays when the deal goes.
    """

    kind: ClassVar[str] = "frozendeal"
    append_only: ClassVar[bool] = True

    forecast = models.ForeignKey(FrozenForecast, models.PROTECT, related_name="deals")
    deal_id = models.UUIDField(_("deal"))
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=3, null=True)
    currency = models.CharField(_("currency"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8, null=True)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    category = models.CharField(_("forecast category"), max_length=10)
    configured = models.PositiveSmallIntegerField(_("configured probability, %"))
    learned = models.FloatField(_("learned probability"), null=True)
    owner = models.ForeignKey("users.User", models.PROTECT, related_name="+")
    team = models.ForeignKey("users.Team", models.PROTECT, null=True, related_name="+")
    close_month = models.DateField(_("expected close, month"), null=True)

    objects = FrozenRows.as_manager()

    class Meta:
        verbose_name = _("deal in a frozen forecast")
        verbose_name_plural = _("deals in frozen forecasts")
        constraints = [models.UniqueConstraint(fields=["forecast", "deal_id"], name="frozendeal_once")]

    def __str__(self) -> str:
        return f"{self.deal_id} ({self.forecast_id})"


class FrozenOutlook(Keyed):
    """What a frozen forecast foretold of a month's won total: of all, of a team's or of an owner's deals (base currency).

    `low` and `high` are the 80 % interval, empty with too little history.
    """

    kind: ClassVar[str] = "frozenoutlook"
    append_only: ClassVar[bool] = True

    forecast = models.ForeignKey(FrozenForecast, models.PROTECT, related_name="outlooks")
    month = models.DateField(_("month"))
    owner = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("users.Team", models.PROTECT, null=True, related_name="+")
    base_currency = models.CharField(_("currency"), max_length=3)
    won = models.DecimalField(_("won by then"), max_digits=18, decimal_places=2)
    mean = models.DecimalField(_("foretold"), max_digits=18, decimal_places=2)
    low = models.DecimalField(_("low"), max_digits=18, decimal_places=2, null=True)
    high = models.DecimalField(_("high"), max_digits=18, decimal_places=2, null=True)

    class Meta:
        verbose_name = _("frozen outlook")
        verbose_name_plural = _("frozen outlooks")
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "month", "owner", "team"], nulls_distinct=False, name="frozenoutlook_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} ({self.forecast_id})"
