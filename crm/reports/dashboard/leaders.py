"""The leaderboard of the overview."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.reports.charts import share_of
from crm.reports.targets import goals_of_people, with_aims
from deals.metrics import numbers as n
from deals.metrics.measure import decimal

from .questions import Questions


@dataclass(slots=True)
class Leader:
    """A line of the leaderboard."""

    person: str
    name: str
    won: Decimal
    won_deals: int
    rate: Any
    weighted: Decimal
    target: Decimal | None
    share: float
    href: str
    open_href: str
    few: bool


def leaders(q: Questions) -> list[Leader]:
    """The people who won most in the period, and those with open deals."""
    decided = {row["owner"]: row for row in q.found["people"]}
    won = {row["owner"]: row for row in q.found["people_won"]}
    still = {row["owner"]: row for row in q.found["people_open"]}
    targets = goals_of_people(q.ask, q.targets)
    people = with_aims(q.ask, decided.keys() | still.keys(), targets)
    rows = []
    for person in people:
        rate = n.win_rate(decided.get(person))
        amount = decimal(won[person]["amount"]) if person in won else Decimal(0)
        target = targets.get(str(person))
        rows.append(
            Leader(
                str(person), q.names.people.get(str(person), "?"), amount,
                won[person]["deals"] if person in won else 0, rate.by_count,
                decimal(still[person]["weighted"]) if person in still else Decimal(0), target,
                min(share_of(amount, target), 100.0) if target else 0.0,
                q.ask.figure(n.WON, owner=person), q.ask.figure(n.PIPELINE, owner=person), rate.decided < 10,
            )
        )  # fmt: skip
    rows.sort(key=lambda each: (-each.won, -each.weighted, each.name))
    most = rows[0].won if rows else 0
    for each in rows:
        if not each.target:
            each.share = share_of(each.won, most)
    return rows[:10]
