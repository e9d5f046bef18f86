"""What a deal's page shows besides its columns: people, stepper, stage history, changes to the amount."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import Lag
from django.utils import timezone

from contacts.models import Contact
from crm.kernel.core import formats
from crm.kernel.core.history import history_of
from crm.kernel.workspace.models import ExchangeRate, Workspace

from .idle import Idle, idle_of
from .metrics import minor_unit
from .models import Deal, DealContact, Stage, StageChange
from .tones import tones


@dataclass(slots=True)
class Visit:
    """A counted stay in a stage: when and by whom it began, how long it lasted or has lasted so far."""

    stage: Stage
    at: dt.datetime
    who: str
    lasted: dt.timedelta
    running: bool
    tone: str
    amount: Decimal | None
    currency: str

    @property
    def words(self) -> str:
        """How long it lasted, by its largest unit."""
        if self.lasted >= dt.timedelta(days=1):
            return formats.plural_days(self.lasted.days)
        hours, minutes = divmod(int(self.lasted.total_seconds()) // 60, 60)
        return formats.duration(hours * 3600 if hours else max(minutes, 1) * 60)

    @property
    def slow(self) -> bool:
        """True if the deal stayed longer than the stage's idle limit."""
        return self.stage.is_open and self.lasted > dt.timedelta(days=self.stage.idle_days)


@dataclass(slots=True)
class Step:
    """A stage on the stepper."""

    stage: Stage
    state: str
    days: int | None


class Weighted(NamedTuple):
    """A deal's weighted value in the base currency; `amount` is None without a rate (P6, P7)."""

    amount: Decimal | None
    currency: str


def people_of(deal: Deal, actor: Any) -> list[Any]:
    """Return the people in the deal with their roles; `seen` says whose own page the person may open (U3)."""
    seen = Contact.objects.visible_to(actor).filter(pk=OuterRef("contact_id"))
    rows = DealContact.objects.filter(deal=deal, contact__binned_at__isnull=True).select_related("contact")
    return list(rows.annotate(seen=Exists(seen)).order_by("-primary", "id"))


def visits_of(deal: Deal, stages: list[Stage]) -> list[Visit]:
    """Return the deal's counted stays, the present one first (P9). What came before an undone move runs on."""
    rows = list(StageChange.objects.for_deal(deal).counted().select_related("to_stage", "user"))
    colour = tones(stages)
    found: list[Visit] = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        end = following.at if following is not None else timezone.now()
        found.append(
            Visit(
                stage=row.to_stage,
                at=row.at,
                who=row.user.first_name if row.user else row.actor_label,
                lasted=end - row.at,
                running=following is None,
                tone=colour.get(row.to_stage_id, "1"),
                amount=row.amount,
                currency=row.currency,
            )
        )
    return found[::-1]


def _passed(deal: Deal, stage: Stage) -> bool:
    """Return whether an open or won deal stands behind a stage."""
    return not deal.is_open or stage.position < deal.stage.position


def steps_of(deal: Deal, stages: list[Stage], visits: list[Visit]) -> list[Step]:
    """Return the stepper: the open stages and won, with the days spent in each."""
    spent: dict[Any, int] = {}
    for visit in visits:
        spent[visit.stage.pk] = spent.get(visit.stage.pk, 0) + visit.lasted.days
    steps = []
    for stage in stages:
        if stage.is_lost and deal.stage_id != stage.pk:
            continue
        if stage.pk == deal.stage_id:
            state = "current"
        elif stage.is_open and (stage.pk in spent if deal.stage.is_lost else _passed(deal, stage)):
            state = "done"
        else:
            state = ""
        steps.append(Step(stage, state, spent.get(stage.pk)))
    return steps


def amount_changes(deal: Deal, most: int = 6) -> list[dict[str, Any]]:
    """Return the latest changes to the amount or the currency, from history: before, after, when."""
    history = history_of(Deal).objects.filter(pgh_obj_id=deal.pk)
    order = F("pgh_id").asc()
    rows = history.annotate(
        was=Window(Lag("amount"), order_by=order), was_currency=Window(Lag("currency"), order_by=order)
    ).order_by("-pgh_id")
    fields = ("pgh_created_at", "pgh_label", "amount", "currency", "was", "was_currency")
    changes = [
        row
        for row in rows.values(*fields)[:200]
        if row["was_currency"] is not None and (row["amount"], row["currency"]) != (row["was"], row["was_currency"])
    ]
    return changes[:most]


def weighted_of(deal: Deal) -> Weighted:
    """Return a deal's weighted value, rounded half-even to the base currency's minor unit (P6, P7)."""
    workspace = Workspace.current()
    rate = ExchangeRate.on(deal.currency, deal.closed_on or workspace.today())
    if rate is None:
        return Weighted(None, workspace.base_currency)
    value = deal.counted_amount * rate * deal.effective_probability / 100
    return Weighted(round(value, minor_unit(workspace.base_currency)), workspace.base_currency)


def idle_of_deal(deal: Deal) -> Idle:
    """Return how long an open deal has been idle, and its mark (P8)."""
    if not deal.is_open:
        return Idle(0, 0)
    return idle_of(
        last_activity_at=deal.last_activity_at,
        created_at=deal.created_at,
        idle_days=deal.stage.idle_days,
        next_step_at=deal.next_step_at,
        next_step_due=deal.next_step_due,
        snoozed_until=deal.snoozed_until,
    )
