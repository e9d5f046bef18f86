"""Publish and subscribe. A domain event is a frozen dataclass in its app's `events.py`.

Two kinds of subscribers, both called with a list of events of one class, so that bulk work and a single click share
one set-based body:
- `subscribe(DealStageChanged, handler)` runs in the transaction of the change, for what can never be missing.
- `consume(DealStageChanged, "notifications.moved", handler)` runs in a worker after the commit, from the outbox, in one
  transaction with the mark that the event is done: exactly once for database effects (W2, W3).
"""

import dataclasses
import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from crm.kernel.core.bulk import MANY, copy_rows
from crm.kernel.core.changes import Actor, business_time, current_change

from .models import Event

log = logging.getLogger(__name__)
UNDO = "undo"  # the source of what an undo did, whatever door it came by


@dataclasses.dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of all events. `name` is past tense and stable (`deal.stage_changed`), `kind` the kind of its subject."""

    name: ClassVar[str]
    kind: ClassVar[str]
    subject_id: UUID
    at: dt.datetime = dataclasses.field(default_factory=business_time)
    # Filled by `publish`, so that subscribers know who did it and under which change-set.
    actor: Actor | None = dataclasses.field(default=None, compare=False)
    changeset_id: UUID | None = dataclasses.field(default=None, compare=False)

    def payload(self) -> dict[str, Any]:
        """Return the event's own fields as JSON values: ids, names of fields, numbers and dates (W2)."""
        return {name: _plain(getattr(self, name)) for name in _own_fields(cast("Any", type(self)))}


@cache
def _own_fields(kind: Any) -> list[str]:
    return sorted({f.name for f in dataclasses.fields(kind)} - {"subject_id", "at", "actor", "changeset_id"})


def _plain(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


Handler = Callable[[list[Any]], None]
Consumer = Callable[[Any], None]
Wants = Callable[[str, str], bool]
_handlers: dict[type[DomainEvent], list[Handler]] = defaultdict(list)
_consumers: dict[str, dict[str, Consumer]] = defaultdict(dict)
_of_imports: set[str] = set()
_of_undos: set[str] = set()
_not_of_bulk: set[str] = set()
_in_own_name: set[str] = set()
_of_many: set[str] = set()
_wants: dict[str, Wants] = {}
_cause: ContextVar[tuple[int | None, int]] = ContextVar("cause_of_events", default=(None, 0))
_unannounced: ContextVar[bool] = ContextVar("unannounced", default=False)


@contextmanager
def unannounced() -> Iterator[None]:
    """Store what is published in the block without waking a worker: the caller works it off, or beat's sweep does."""
    token = _unannounced.set(True)
    try:
        yield
    finally:
        _unannounced.reset(token)


@contextmanager
def caused_by(event_id: int | None, depth: int) -> Iterator[None]:
    """Let what is published in the block carry the chain that led to it: the causing event, and how deep it is (W5)."""
    token = _cause.set((event_id, depth))
    try:
        yield
    finally:
        _cause.reset(token)


def subscribe(event: type[DomainEvent], handler: Handler) -> None:
    """Call `handler(events)` in the transaction of every publish of this class."""
    if handler not in _handlers[event]:
        _handlers[event].append(handler)


def consume(
    event: type[DomainEvent],
    key: str,
    consumer: Consumer,
    *,
    imports: bool = False,
    undos: bool = False,
    bulk: bool = True,
    wants: Wants | None = None,
    in_own_name: bool = False,
    many: bool = False,
) -> None:
    """Have a worker call `consumer(outbox_row)` after the commit, with `many` `consumer(outbox_rows)`.

    `key` is stable: it marks what is done (W3). What an import caused is passed over unless the consumer asks for it with
    `imports` (W4): ten thousand imported records would keep everybody else's events waiting; so is what an undo did, unless
    it asks with `undos`. `bulk=False` passes over what
    a bulk action caused, for those whom the action tells at its end, once. `wants(name, source)` says whether anybody is
    listening at all: asked once for many events. `in_own_name` leaves it to the consumer to open change-sets, for one that
    acts for several people.
    """
    _consumers[event.name][key] = consumer
    if wants is not None:
        _wants[key] = wants
    if in_own_name:
        _in_own_name.add(key)
    if many:
        _of_many.add(key)
    if imports:
        _of_imports.add(key)
    if undos:
        _of_undos.add(key)
    if not bulk:
        _not_of_bulk.add(key)


def consumers_of(name: str, source: str = "") -> dict[str, Consumer]:
    """Return the consumers of an event by key; of what an import, an undo or a bulk action caused only those that want it."""
    found = _consumers.get(name, {})
    if source in ("import", UNDO):
        wanting = _of_undos if source == UNDO else _of_imports
        found = {key: consumer for key, consumer in found.items() if key in wanting}
    elif source == "bulk":
        found = {key: consumer for key, consumer in found.items() if key not in _not_of_bulk}
    return {key: each for key, each in found.items() if key not in _wants or _wants[key](name, source)}


def acts_in_own_name(key: str) -> bool:
    """Say whether a consumer opens its change-sets itself."""
    return key in _in_own_name


def takes_many(key: str) -> bool:
    """Say whether a consumer is called with a list of events."""
    return key in _of_many


def publish(*events: DomainEvent, actor: Actor) -> list[Event]:
    """Run the in-transaction subscribers and store the events in the outbox (W2); return the stored rows.

    Many at once are stored by COPY, which tells no ids: then nothing is returned.

    Raises RuntimeError outside a change-set: an event without its change would be a lie.
    """
    change = current_change()
    if change is None or not connection.in_atomic_block:
        raise RuntimeError("publish() belongs into a service, inside its transaction.")
    stamped = [dataclasses.replace(e, actor=actor, changeset_id=change.id) for e in events]
    groups: dict[type[DomainEvent], list[DomainEvent]] = defaultdict(list)
    for event in stamped:
        groups[type(event)].append(event)
    for kind, group in groups.items():
        for handler in _handlers[kind]:
            handler(group)
    stored = _store([_row(e, change.id, actor) for e in stamped])
    if not _unannounced.get() and any(consumers_of(kind.name, actor.source) for kind in groups):
        transaction.on_commit(wake_worker, robust=True)
    return stored


def publish_undone(events: Sequence[DomainEvent], *, actor: Actor) -> None:
    """Store what an undo did in the outbox, marked as an undo's, for the consumers that ask for it (W4, H2).

    No subscriber hears of it: an undo has put back itself what they had written, and the timeline tells it by the rows
    that it marked. What nobody listens to is stored as done: "why not" and dry runs find it, no worker has to. A rule that is
    put to work later does not ask for it anyway. It costs a fifth of the time of an undo of 100,000 edits,
    and nothing where the undo takes away what an import had made, so an undo always tells, listened to or not.
    """
    change = current_change()
    assert change is not None and change.undo_of is not None, "only an undo tells what was undone"
    kinds = {event.name for event in events}
    heard = {name for name in kinds if consumers_of(name, UNDO)}
    marked = {"source": UNDO}
    done = marked | {"processed_at": timezone.now()}
    _store([_row(each, change.id, actor) | (marked if each.name in heard else done) for each in events])
    if heard:
        transaction.on_commit(wake_worker, robust=True)


def _row(event: DomainEvent, changeset_id: UUID, actor: Actor) -> dict[str, Any]:
    """Return the columns of an event's row in the outbox."""
    cause, depth = _cause.get()
    return {
        "name": event.name,
        "kind": event.kind,
        "subject_id": event.subject_id,
        "data": event.payload(),
        "changeset_id": changeset_id,
        "user_id": actor.id,
        "source": actor.source,
        "cause_id": cause,
        "depth": depth,
        "at": event.at,
    }


def _store(rows: list[dict[str, Any]]) -> list[Event]:
    if len(rows) > MANY:
        copy_rows(Event, rows)
        return []
    return Event.objects.bulk_create(Event(**row) for row in rows)


def wake_worker() -> None:
    """Tell a worker that the outbox holds something. Correctness never depends on it: beat sweeps every few seconds."""
    from .tasks import drain

    drain.delay()
