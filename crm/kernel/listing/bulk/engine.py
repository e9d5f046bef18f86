"""The engine: takes a run's records through its action, batch by batch, whatever happens to the worker.

A batch is one transaction: its records, what became of each, the counts. Records that the rules refuse are left out
with the reason and the others done: rights and what sets can tell beforehand, the rest by halving the batch.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.runs import end, extend_lease, hold, take_lease

from .models import BulkItem, BulkRun
from .registry import BulkAction, not_found
from .selection import freeze

BATCH = 1000


def actor_for(run: BulkRun) -> Actor:
    """Return the actor of a run: its person, with the rights of today (U5)."""
    return Actor(kind="user", user=run.user, label=str(run.user), source="bulk")


def params_of(run: BulkRun) -> QueryDict:
    """Return the dialog's form as it was sent."""
    data = QueryDict(mutable=True)
    for name, values in run.params.items():
        data.setlist(name, values)
    return data


def perform(run: BulkRun, batch: int = BATCH) -> None:
    """Take a run from where it stands to its end. May be called again at any time: nothing is done twice."""
    lease = take_lease(run)
    actor, action = actor_for(run), run.definition
    form = action.bind(params_of(run), actor)
    if not (actor.may("bulk") and form.is_valid()):
        words = next(
            (str(each) for errors in form.errors.values() for each in errors), _("The right to bulk edit is gone.")
        )
        end(run, lease, BulkRun.State.FAILED, error=words)
        return
    if not run.frozen and not _freeze(run, lease, actor):
        return
    values = form.cleaned_data
    summary = {"run": str(run.pk), "records": run.rows_total, "what": action.summary(values), "kind": run.kind}
    while _batch(run, lease, action, values, actor, summary, batch):
        pass
    with changeset(actor, f"{action.command}.tell"):
        action.finished(run, values, actor)
        end(run, lease, BulkRun.State.DONE)


def _freeze(run: BulkRun, lease: UUID, actor: Actor) -> bool:
    """Write down which records match; a filter that means nothing any more fails the run."""
    try:
        with transaction.atomic():
            hold(run, lease)
            run.rows_total, run.frozen = freeze(run, actor), True
            run.save(update_fields=["rows_total", "frozen"])
    except BadQuery as error:
        end(run, lease, BulkRun.State.FAILED, error=error.message)
        return False
    return True


def _batch(
    run: BulkRun, lease: UUID, action: BulkAction, values: Any, actor: Actor, summary: dict[str, Any], size: int
) -> int:
    """Take the next records through in one transaction; return how many there were."""
    with changeset(actor, action.command, id=run.changeset_id, summary=summary):
        hold(run, lease)
        items = list(run.items.filter(outcome="").order_by("id")[:size])
        if not items:
            return 0
        outcomes = Batch(action, values, actor).take([item.record_id for item in items])
        for item in items:
            item.outcome, item.message, item.hidden = outcomes[item.record_id]
            item.message = item.message[:400]
        _store(run, items)
        counted = Counter(BulkItem.OF_COUNT[item.outcome] for item in items)
        run.counts = {name: run.count(name) + counted[name] for name in BulkItem.OF_COUNT.values()}
        run.rows_done += len(items)
        run.save(update_fields=["counts", "rows_done"])
        extend_lease(run, lease)
    return len(items)


def _store(run: BulkRun, items: Sequence[BulkItem]) -> None:
    """Store what became of the records: the refused, those that were so already, and all the rest in one statement."""
    refused = [item for item in items if item.outcome == "refused"]
    if refused:
        BulkItem.objects.bulk_update(refused, ["outcome", "message", "hidden"], batch_size=500)
    same = [item.pk for item in items if item.outcome == "same"]
    if same:
        BulkItem.objects.filter(pk__in=same).update(outcome="same")
    run.items.filter(outcome="", pk__lte=items[-1].pk).update(outcome="done")


Outcome = tuple[str, str, bool]


class Batch:
    """Some records on their way through an action."""

    def __init__(self, action: BulkAction, values: Mapping[str, Any], actor: Actor) -> None:
        self.action = action
        self.values = values
        self.actor = actor
        self.outcomes: dict[UUID, Outcome] = {}

    def take(self, ids: Sequence[UUID]) -> dict[UUID, Outcome]:
        """Do it to all that may be changed; return what became of each."""
        allowed = self._allowed(ids)
        self._apply([pk for pk in ids if pk in allowed])
        return self.outcomes

    def _allowed(self, ids: Sequence[UUID]) -> set[UUID]:
        """Leave out what is hidden, what may not be changed and what the rules refuse; writes nothing."""
        records = list(self.action.rows().visible_to(self.actor).filter(pk__in=ids))
        seen = {record.pk for record in records}
        for pk in ids:
            if pk not in seen:
                self.outcomes[pk] = ("refused", not_found(), True)
        may = []
        for record in records:
            if self.actor.can(self.action.verb, record):
                may.append(record)
            else:
                self.refuse(record.pk, _("You may not change this record."))
        refused = self.action.refusals(may, self.values, self.actor)
        for pk, words in refused.items():
            self.refuse(pk, words)
        return {record.pk for record in may} - refused.keys()

    def refuse(self, pk: UUID, words: str) -> None:
        """Note that a record stays as it is, and why."""
        self.outcomes[pk] = ("refused", words, False)

    def _apply(self, ids: Sequence[UUID]) -> None:
        """Do it to all of them, or find out by halves which of them the service refuses."""
        if not ids:
            return
        try:
            with transaction.atomic():
                applied = self.action.apply(ids, self.values, self.actor)
        except (Refused, PermissionDenied, ObjectDoesNotExist) as error:
            if len(ids) == 1:
                self.refuse(ids[0], words_of(error))
                return
            middle = len(ids) // 2
            self._apply(ids[:middle])
            self._apply(ids[middle:])
            return
        for pk in ids:
            self.outcomes[pk] = ("done" if pk in applied.changed else "same", "", False)
        for pk, words in applied.refused.items():
            self.refuse(pk, words)


def words_of(error: Exception) -> str:
    """Return what a person is told of a refusal."""
    if isinstance(error, Refused):
        beside = [words for words in error.fields.values() if words not in error.message]
        return " ".join([error.message, *beside])
    if isinstance(error, PermissionDenied):
        return _("You may not change this record.")
    return not_found()
