"""Whose turn it is: the memory of assigning steps, in the database for runs, in the process for dry runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Count

from contacts.models import Contact
from deals.models import Deal

from .models import Assignment, AssignmentPool, Rule


@dataclass(slots=True)
class Turn:
    """Where a pool stands: who had the last turn, and what weighted turns are owed to whom."""

    last: str = ""
    credits: dict[str, int] = field(default_factory=dict)


class Pools(Protocol):
    """What an assigning step asks for."""

    def turn(self, rule: Rule, step: int) -> Turn:
        """Return where the pool of a step stands; nobody else moves it until the transaction ends."""

    def keep(self, rule: Rule, step: int, turn: Turn, given: Assignment) -> None:
        """Remember a turn, and write it into the ledger."""

    def loads(self, people: Sequence[UUID], what: str) -> dict[UUID, int]:
        """Return how many open deals or open leads each of these people has."""


class StoredPools:
    """The pools of runs: a row per step, locked while a record is given, so that concurrent leads take turns (W1)."""

    def turn(self, rule: Rule, step: int) -> Turn:
        """Return where the pool stands, locked."""
        row = AssignmentPool.objects.select_for_update().filter(rule=rule, step=step).first()
        if row is None:
            AssignmentPool.objects.bulk_create([AssignmentPool(rule=rule, step=step)], ignore_conflicts=True)
            row = AssignmentPool.objects.select_for_update().get(rule=rule, step=step)
        return Turn(str(row.last_user_id or ""), dict(row.credits))

    def keep(self, rule: Rule, step: int, turn: Turn, given: Assignment) -> None:
        """Store the turn and the ledger's row."""
        AssignmentPool.objects.filter(rule=rule, step=step).update(last_user=turn.last or None, credits=turn.credits)
        given.save()

    def loads(self, people: Sequence[UUID], what: str) -> dict[UUID, int]:
        """Count now, under the lock of the pool."""
        return count_loads(people, what)


@dataclass
class RememberedPools:
    """The pools of a dry run: they begin as the ledger stood before the period and move in memory only."""

    turns: dict[int, Turn] = field(default_factory=dict)
    before: Any = None
    given: dict[UUID, int] = field(default_factory=dict)

    def turn(self, rule: Rule, step: int) -> Turn:
        """Return where the pool stood."""
        if step not in self.turns:
            rows = (
                Assignment.objects.filter(rule=rule, at__lt=self.before) if self.before else Assignment.objects.none()
            )
            last = rows.order_by("-at").values_list("user_id", flat=True).first()
            self.turns[step] = Turn(str(last or ""))
        return self.turns[step]

    def keep(self, rule: Rule, step: int, turn: Turn, given: Assignment) -> None:
        """Remember the turn for the rest of the dry run."""
        self.turns[step] = turn
        if given.user_id is not None:
            self.given[given.user_id] = self.given.get(given.user_id, 0) + 1

    def loads(self, people: Sequence[UUID], what: str) -> dict[UUID, int]:
        """Return the present loads and what the dry run has given so far."""
        return {pk: count + self.given.get(pk, 0) for pk, count in count_loads(people, what).items()}


def count_loads(people: Sequence[UUID], what: str) -> dict[UUID, int]:
    """Return how many open deals (`deals`) or open leads (`leads`) each person has; closed ones never count."""
    rows = (
        Contact.objects.live().leads().exclude(lead_status="unqualified")
        if what == "leads"
        else Deal.objects.live().open()
    )
    counted = dict(rows.filter(owner__in=people).values_list("owner").annotate(n=Count("pk")).order_by())
    return {pk: counted.get(pk, 0) for pk in people}
