"""The numbers over deals: what is counted, what it is called, and its definition in words (N1, N2, N5, N6)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from .measure import COUNTED_LOSS, IN_PERIOD, SUMS, Number, Row, decimal

CENT = Decimal("0.01")

PIPELINE = Number(
    "pipeline",
    _("Open pipeline"),
    "N1",
    _(
        "Open deals: how many, the sum of their amounts, and the weighted sum (amount \u00d7 probability, rounded for each "
        "deal). Amounts in other currencies count at the day's rate."
    ),
    "f.kind = 'open'",
)
WON = Number(
    "won",
    _("Won"),
    "N2, P4",
    _(
        "Deals that stand won, by their day of close. Amounts in other currencies count at that day's rate. They are "
        "credited to the owner and the team at the close."
    ),
    f"f.kind = 'won' AND {IN_PERIOD}",
)
LOST = Number(
    "lost",
    _("Lost"),
    "N2, P4",
    _("Deals that stand lost, by their day of close, whatever the reason."),
    f"f.kind = 'lost' AND {IN_PERIOD}",
)
CREATED = Number(
    "created",
    _("Created"),
    "N3, N5",
    _("Deals created in the period. Deals whose creation date is not known are left out, and their number is shown."),
    "f.created_on BETWEEN %(start)s::date AND %(end)s::date AND NOT f.created_unknown",
)
UNKNOWN_CREATION = Number(
    "unknown_creation",
    _("Creation date unknown"),
    "N5",
    _("Deals whose creation date is not known: they count in stock, not in cycle or cohorts."),
    "f.created_unknown",
)
DECIDED = Number(
    "decided",
    _("Win rate"),
    "N2",
    _(
        "Won / (won + lost) by day of close. Losses for a reason that is flagged \u201cnot a loss\u201d count in neither. "
        "Over several pipelines counts are pooled. By value with the amount at the close; withheld while more than a "
        "fifth of the decided deals have none; an amount of zero is none."
    ),
    f"f.kind IN ('won', 'lost') AND {IN_PERIOD} AND {COUNTED_LOSS}",
    (
        *SUMS,
        ("won", "count(*) FILTER (WHERE f.kind = 'won')"),
        ("lost", "count(*) FILTER (WHERE f.kind = 'lost')"),
        ("won_amount", "COALESCE(sum(f.value) FILTER (WHERE f.kind = 'won'), 0)"),
        ("won_valued", "count(f.value) FILTER (WHERE f.kind = 'won')"),
        ("won_closing", "COALESCE(sum(f.closing_value) FILTER (WHERE f.kind = 'won'), 0)"),
        ("lost_closing", "COALESCE(sum(f.closing_value) FILTER (WHERE f.kind = 'lost'), 0)"),
        ("without_value", "count(*) FILTER (WHERE COALESCE(f.closing_value, 0) = 0)"),
    ),
)
NOT_A_LOSS = Number(
    "not_a_loss",
    _("Not a loss"),
    "N2",
    _("Deals closed for a reason that is flagged \u201cnot a loss\u201d: a duplicate, a test, a mistake."),
    f"f.kind = 'lost' AND {IN_PERIOD} AND NOT {COUNTED_LOSS}",
)
CYCLE = Number(
    "cycle",
    _("Sales cycle"),
    "N5",
    _(
        "Days from the day of creation to the day of close of won deals, median beside the mean. Deals whose creation "
        "date is not known are left out."
    ),
    f"f.kind = 'won' AND {IN_PERIOD} AND NOT f.created_unknown",
    (
        *SUMS,
        ("mean", "avg(f.closed_on - f.created_on)"),
        ("median", "percentile_cont(0.5) WITHIN GROUP (ORDER BY f.closed_on - f.created_on)"),
    ),
)
FORECAST = Number(
    "forecast",
    _("Forecast"),
    "N6",
    _(
        "Open deals by the month of their expected close and their forecast category. Expected before today is "
        "\u201cslipped\u201d; deals without a date stand apart."
    ),
    "f.kind = 'open'",
)
SLIPPED = Number(
    "slipped",
    _("Slipped"),
    "N6",
    _("Open deals whose expected close has passed."),
    "f.kind = 'open' AND f.expected_close < %(day)s::date",
)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means that is no set of deals."""

    label: Any
    rule: str
    words: Any


VELOCITY = Definition(
    _("Sales velocity"),
    "N5",
    _(
        "Open deals at the end of the period \u00d7 win rate by count \u00d7 average won amount / mean cycle in days: money "
        "a day. Not computable without wins, or with a mean cycle under an hour."
    ),
)

NUMBERS = {
    each.key: each
    for each in (
        PIPELINE, WON, LOST, CREATED, UNKNOWN_CREATION, DECIDED, NOT_A_LOSS, CYCLE, FORECAST, SLIPPED,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WinRate:
    """N2: shares between 0 and 1, None where there is nothing to divide by or the value is withheld."""

    won: int = 0
    lost: int = 0
    by_count: Decimal | None = None
    by_value: Decimal | None = None
    without_value: int = 0

    @property
    def decided(self) -> int:
        """How many deals it stands on."""
        return self.won + self.lost

    @property
    def withheld(self) -> bool:
        """True while more than a fifth of the decided have no amount."""
        return self.without_value * 5 > self.decided > 0


def win_rate(row: Row | None) -> WinRate:
    """Return the win rate of a row of `DECIDED` (N2)."""
    if row is None or not row["won"] + row["lost"]:
        return WinRate()
    won, lost = row["won"], row["lost"]
    value = decimal(row["won_closing"]) + decimal(row["lost_closing"])
    withheld = row["without_value"] * 5 > won + lost or not value
    return WinRate(
        won,
        lost,
        Decimal(won) / (won + lost),
        None if withheld else decimal(row["won_closing"]) / value,
        row["without_value"],
    )


@dataclass(frozen=True, slots=True)
class Velocity:
    """N5: money a day, or None and the words that say why there is none."""

    value: Decimal | None
    why: Any = ""


def velocity(open_deals: int, decided: Row | None, cycle: Row | None) -> Velocity:
    """Return open deals x win rate x average won amount / mean cycle in days (N5)."""
    rate = win_rate(decided)
    if decided is None or not rate.won:
        return Velocity(None, _("No deal was won in this period."))
    if not decided["won_valued"]:
        return Velocity(None, _("No won deal has an amount."))
    if cycle is None or cycle["mean"] is None:
        return Velocity(None, _("The creation date of no won deal is known."))
    days = decimal(cycle["mean"])
    if days * 24 < 1:
        return Velocity(None, _("The mean cycle is under an hour."))
    average = decimal(decided["won_amount"]) / decided["won_valued"]
    assert rate.by_count is not None
    return Velocity(open_deals * rate.by_count * average / days)
