"""Deals, their people and their stage visits (P0, P3-P9)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Self
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core.fields import Fold, tags_field, trigram_index
from crm.kernel.core.history import tracked
from crm.kernel.core.models import BinnableRows, Keyed, Record, Rows
from crm.kernel.customfields.models import Customised, custom_index
from crm.kernel.workspace.models import Workspace, currency_code

from .pipeline import ForecastCategory, LostReason, Pipeline, Stage


def quiet(now: dt.datetime) -> Q:
    """Return the condition of the mark "gone quiet" (P8); `deals.idle` says the same of one row.

    An open deal that is idle longer than its stage's limit, and neither snoozed nor with a step planned. A step that is
    not overdue and lies within twice the limit hides the mark, not the clock.
    """
    today = Workspace.current().day_of(now)
    limit = ExpressionWrapper(F("stage__idle_days") * dt.timedelta(days=1), output_field=models.DurationField())
    since = ExpressionWrapper(Value(now) - limit, output_field=models.DateTimeField())
    until = ExpressionWrapper(Value(today) + 2 * limit, output_field=models.DateTimeField())
    idle = Q(last_activity_at__lt=since) | Q(last_activity_at__isnull=True, created_at__lt=since)
    planned = Q(next_step_at__gte=now, next_step_due__lte=until)
    return Q(closed_at__isnull=True) & idle & ~planned & ~Q(snoozed_until__gt=today)


# The day on which a deal left the board: that of its close, for an open one the end of time. One range of one index
# then holds the open deals of a stage and those closed since a day.
STANDS_UNTIL = Coalesce("closed_on", Value(dt.date.max), output_field=models.DateField())


class DealQuerySet(BinnableRows):
    """Query verbs for deals."""

    def binned(self) -> Self:
        """Return what is in the bin; the shell of a purged deal is not, nothing brings it back."""
        return super().binned().filter(purged_at__isnull=True)

    def open(self) -> Self:
        """Return deals that are neither won nor lost."""
        return self.filter(closed_at__isnull=True)

    def open_or_closed_since(self, day: dt.date) -> Self:
        """Return open deals and those closed on that day or later, found by `deal_stage_totals`."""
        return self.alias(_stands_until=STANDS_UNTIL).filter(_stands_until__gte=day)

    def won(self) -> Self:
        """Return deals that stand won."""
        return self.filter(stage__kind_of=Stage.Kind.WON)

    def lost(self) -> Self:
        """Return deals that stand lost."""
        return self.filter(stage__kind_of=Stage.Kind.LOST)

    def without_next_step(self) -> Self:
        """Return deals for which nothing is planned."""
        return self.filter(next_step_type="")

    def gone_quiet(self, now: dt.datetime | None = None) -> Self:
        """Return the deals that are marked "gone quiet" (P8)."""
        return self.filter(quiet(now or timezone.now()))

    def restated(self) -> Self:
        """Return closed deals whose business date lies in an earlier month than the one it was recorded in (P4)."""
        zone = Workspace.current().zone
        return self.filter(closed_on__lt=TruncMonth("closed_at", tzinfo=zone, output_field=models.DateField()))


@tracked()
class Deal(Record, Customised):
    """A chance to sell something (P0). It always has an owner (U4); its stage moves through one service only (P3).

    An empty amount counts 0 in sums and is shown as "no amount". `probability` and `forecast_category` are the deal's
    own, over those of its stage, until its next move (P5, N6).
    """

    kind: ClassVar[str] = "deal"
    derived: ClassVar[tuple[str, ...]] = (
        *Record.derived,
        "sort_title",
        "search_text",
        "last_activity_at",
        "last_worked_at",
        "next_step_at",
        "next_step_due",
        "next_step_type",
        "next_step_text",
        "stage_version",
    )

    title = models.CharField(_("title"), max_length=200)
    owner = models.ForeignKey("users.User", models.PROTECT, related_name="deals", verbose_name=_("owner"))
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals", verbose_name=_("pipeline"))
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", verbose_name=_("stage"))
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="deals", verbose_name=_("company")
    )
    expected_close = models.DateField(_("expected close"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    description = models.TextField(_("about"), blank=True, max_length=10_000)
    forecast_category = models.CharField(
        _("forecast category"), max_length=10, choices=ForecastCategory.choices, blank=True
    )
    probability = models.PositiveSmallIntegerField(
        _("own probability, %"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    lost_reason = models.ForeignKey(
        LostReason, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("lost reason")
    )
    lost_comment = models.TextField(_("what happened"), blank=True, max_length=2_000)
    stage_entered_at = models.DateTimeField(_("in stage since"), default=timezone.now, editable=False)
    # `version` as the deal came into its stage: tells whether a stale version missed a move or only an edit (P3).
    stage_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    closed_at = models.DateTimeField(_("close recorded"), null=True, blank=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    created_unknown = models.BooleanField(_("creation date unknown"), default=False, editable=False)
    # Set once a deal was purged: what is left of it is a shell that past numbers stand on (R8).
    purged_at = models.DateTimeField(_("purged"), null=True, editable=False)
    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True)
    tags = tags_field()
    sort_title = models.GeneratedField(expression=Fold("title"), output_field=models.TextField(), db_persist=True)
    search_text = models.TextField(default="", editable=False)
    last_activity_at = models.DateTimeField(_("last activity"), null=True, editable=False)
    last_worked_at = models.DateTimeField(_("last worked"), null=True, editable=False)
    next_step_at = models.DateTimeField(_("next step"), null=True, editable=False)
    next_step_due = models.DateField(null=True, editable=False)
    next_step_type = models.CharField(max_length=12, default="", editable=False)
    next_step_text = models.CharField(max_length=200, default="", editable=False)

    contacts = models.ManyToManyField(Contact, through="DealContact", related_name="deals")

    # What the last move of this object cleared: own probability and category (P5); the ids of its people, if fetched.
    cleared: tuple[int | None, str] = (None, "")
    contact_ids: Sequence[UUID] = ()

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="deal_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__lte=100), name="deal_probability_percent"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_on__isnull=True)
                | Q(closed_at__isnull=False, closed_on__isnull=False),
                name="deal_closed_both_or_neither",
            ),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="deal_external_id"
            ),
        ]
        indexes = [
            models.Index(
                fields=["stage", "expected_close", "id"], name="deal_stage_close", condition=Q(binned_at__isnull=True)
            ),
            models.Index(
                F("stage"),
                STANDS_UNTIL,
                include=["owner", "amount", "currency", "probability", "closed_on"],
                name="deal_stage_totals",
                condition=Q(binned_at__isnull=True),
            ),
            models.Index(
                fields=["stage", "-closed_on", "-id"], name="deal_stage_closed", condition=Q(binned_at__isnull=True)
            ),
            models.Index(fields=["owner", "closed_at"], name="deal_owner", condition=Q(binned_at__isnull=True)),
            models.Index(fields=["company"], name="deal_company"),
            models.Index(fields=["-created_at", "-id"], name="deal_created", condition=Q(binned_at__isnull=True)),
            models.Index(fields=["sort_title", "id"], name="deal_title", condition=Q(binned_at__isnull=True)),
            models.Index(
                F("amount").desc(nulls_last=True),
                F("id").desc(),
                name="deal_amount",
                condition=Q(binned_at__isnull=True),
            ),
            *(
                models.Index(
                    F(of),
                    F("amount").desc(nulls_last=True),
                    F("id").desc(),
                    name=f"deal_{of}_amount",
                    condition=Q(binned_at__isnull=True),
                )
                for of in ("owner", "stage")
            ),
            models.Index(
                fields=["owner", "-created_at", "-id"], name="deal_owner_created", condition=Q(binned_at__isnull=True)
            ),
            models.Index(fields=["expected_close", "id"], name="deal_close", condition=Q(binned_at__isnull=True)),
            models.Index(fields=["binned_at"], name="deal_bin", condition=Q(binned_at__isnull=False)),
            # Closed deals that were changed later: the only ones whose close may have got another day (P4, N8).
            models.Index(
                fields=["updated_at"],
                name="deal_corrected",
                condition=Q(closed_at__isnull=False, updated_at__gt=F("closed_at")),
            ),
            trigram_index("search_text", "deal_search"),
            GinIndex(fields=["tags"], name="deal_tags"),
            custom_index("deal_custom"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """True while the deal is neither won nor lost."""
        return self.closed_at is None

    @property
    def effective_probability(self) -> int:
        """Percent: 100 won, 0 lost, else the deal's own, else its stage's (P5)."""
        if not self.stage.is_open or self.probability is None:
            return self.stage.probability
        return self.probability

    @property
    def closes_in(self) -> int | None:
        """Days until the expected close of an open deal; negative when that day has passed."""
        if self.expected_close is None or not self.is_open:
            return None
        return (self.expected_close - Workspace.current().today()).days

    @property
    def closes_late(self) -> int:
        """Days since the expected close passed."""
        return max(-(self.closes_in or 0), 0)

    @property
    def effective_category(self) -> str:
        """The deal's own forecast category, else its stage's (N6)."""
        return self.forecast_category or self.stage.forecast_category

    @property
    def counted_amount(self) -> Decimal:
        """The amount as sums see it: 0 when empty (P0)."""
        return self.amount if self.amount is not None else Decimal(0)


@tracked()
class DealContact(Keyed):
    """A person in a deal, with a role; at most one is primary (P0)."""

    kind: ClassVar[str] = "dealcontact"
    history_parent: ClassVar[str] = "deal"
    history_moves: ClassVar[bool] = True

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="people", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="deal_roles")
    role = models.CharField(_("role"), max_length=60, blank=True)
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        verbose_name = _("person in the deal")
        verbose_name_plural = _("people in the deal")
        constraints = [
            models.UniqueConstraint(fields=["deal", "contact"], name="dealcontact_once"),
            models.UniqueConstraint(fields=["deal"], condition=Q(primary=True), name="dealcontact_one_primary"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.deal_id}"


class StageChangeQuerySet(Rows):
    """Query verbs for stage visits."""

    def counted(self) -> Self:
        """Return the moves that numbers count: neither undone nor made by an undo (P9)."""
        return self.filter(undone_at__isnull=True, undoes__isnull=True)

    def for_deal(self, deal: Deal) -> Self:
        """Return a deal's moves in order."""
        return self.filter(deal=deal).order_by("at")

    def visible_to(self, who: object) -> Self:
        """Return the moves of the deals that the person may view."""
        return self.filter(deal__in=Deal.objects.visible_to(who))


@tracked()
class StageChange(Keyed):
    """One visit of a deal to a stage, with what was true as it began (P9).

    Only `until` and `undone_at` may change, each once, from empty (a trigger sees to it). A move that is undone keeps
    its row; the way back is a row that names it in `undoes`. Numbers ignore both; "as of" shows both.
    """

    kind: ClassVar[str] = "stagechange"
    history_parent: ClassVar[str] = "deal"
    history_told: ClassVar[bool] = False  # the deal's own stage tells of it
    spent: ClassVar[Q] = Q(undone_at__isnull=False) | Q(undoes__isnull=False)  # what undos left: it holds no deal back

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="stage_changes", db_index=False)
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(_("at"))
    until = models.DateTimeField(_("until"), null=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undoes = models.ForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    user = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=200, blank=True)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+")
    owner = models.ForeignKey("users.User", models.PROTECT, related_name="+")
    team = models.ForeignKey("users.Team", models.PROTECT, null=True, related_name="+")
    amount = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    currency = models.CharField(max_length=3)
    probability = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=10)

    objects = StageChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage change")
        verbose_name_plural = _("stage changes")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("at")), name="stagechange_not_empty"
            ),
            models.UniqueConstraint(fields=["deal"], condition=Q(until__isnull=True), name="stagechange_one_running"),
        ]
        indexes = [
            models.Index(fields=["deal", "at"], name="stagechange_deal"),
            models.Index(fields=["to_stage", "at"], name="stagechange_stage"),
            models.Index(fields=["to_stage", "until", "at"], name="stagechange_until"),  # who stood there at a moment
            models.Index(fields=["deal", "at"], name="stagechange_undone", condition=Q(undone_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage_id} to {self.to_stage_id} at {self.at:%Y-%m-%d %H:%M}"
