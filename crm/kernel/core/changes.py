"""Who changes what: the actor and the change-set of the running command (U5, H1, H2).

Every service is decorated with `@command("deals.move")`: it runs in one transaction under one change-set. A service
called by another joins the change-set that is open. The change-set travels to the database as transaction-local
settings; the history triggers read them there, so bulk and raw SQL are attributed too. A write outside any command is
recorded under an actor of kind `unattributed`.
"""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from .ids import uuid7

Kind = Literal["user", "api_key", "workflow", "import", "mail", "system"]


@dataclass(slots=True)
class Actor:
    """Who acts (U5), and with whose rights. `source` is the door: page, api, import, admin, command, worker.

    `last_change` is the id of the last change-set that this actor wrote, for the Undo in the toast.
    """

    kind: Kind
    user: Any = None
    label: str = ""
    source: str = "page"
    last_change: UUID | None = field(default=None, compare=False)

    @classmethod
    def of(cls, user: Any, source: str = "page") -> "Actor":
        """Return the actor for a person who acts for themself."""
        return cls(kind="user", user=user, label=str(user), source=source)

    @classmethod
    def system(cls, label: str) -> "Actor":
        """Return the actor for named maintenance, such as `"purge"`. It may do everything."""
        return cls(kind="system", label=label, source="worker")

    @property
    def id(self) -> UUID | None:
        """The id of the person acting, or None for the system."""
        return self.user.pk if self.user is not None else None

    def scope(self, kind: str, verb: str) -> Any:
        """Return whose records of this kind the actor may view, edit or delete: a `policies.Scope` (U2)."""
        from crm.kernel.core.scopes import EVERYTHING, NOTHING

        if self.user is not None:
            return self.user.scope(kind, verb)
        return EVERYTHING if self.kind == "system" else NOTHING

    def can(self, verb: str, record: Any) -> bool:
        """Say whether the actor may view, edit or delete this record (U2)."""
        return record.allows(self, verb)

    def may(self, flag: str) -> bool:
        """Say whether the actor has a flag of U2, such as `export`, `bulk`, `merge` or `date_back`."""
        if self.user is not None:
            return self.user.may(flag)
        return self.kind == "system"

    def require(self, verb: str, record: Any) -> None:
        """Raise PermissionDenied (a 403) unless the actor may do `verb` to `record`. Call it before any write (U3)."""
        if not self.can(verb, record):
            raise PermissionDenied(f"{self.label} may not {verb} this {record.kind}.")

    def require_flag(self, flag: str) -> None:
        """Raise PermissionDenied unless the actor has the flag."""
        if not self.may(flag):
            raise PermissionDenied(f"{self.label} has no right to {flag.replace('_', ' ')}.")

    def require_kind(self, verb: str, kind: str) -> None:
        """Raise PermissionDenied unless the actor may do `verb` to at least own records of this kind (creating follows edit)."""
        if self.scope(kind, verb).nothing:
            raise PermissionDenied(f"{self.label} may not {verb} any {kind}.")


@dataclass(slots=True)
class Change:
    """The open change-set. `at` is business time when history is dated back (imports, the sample workspace), else None."""

    id: UUID
    actor: Actor
    command: str
    at: datetime | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    undo_of: UUID | None = None


_open: ContextVar[Change | None] = ContextVar("open_change", default=None)
_dated: ContextVar[datetime | None] = ContextVar("dated_back", default=None)


def current_change() -> Change | None:
    """Return the change-set that is open in this thread, or None."""
    return _open.get()


def _tell_database(change: Change | None) -> None:
    """Set, or clear, the transaction-local settings that the history triggers read."""
    if change is None:
        values: Sequence[str] = ("", "", "")
    else:
        actor = change.actor
        described = {
            "kind": actor.kind,
            "user": str(actor.id) if actor.id else None,
            "label": actor.label,
            "source": actor.source,
            "command": change.command,
            "summary": change.summary,
            "undo_of": str(change.undo_of) if change.undo_of else None,
        }
        values = (str(change.id), json.dumps(described), change.at.isoformat() if change.at else "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('crm.changeset', %s, true), set_config('crm.actor', %s, true),"
            " set_config('crm.at', %s, true)",
            values,
        )


@contextmanager
def changeset(
    actor: Actor,
    command: str,
    *,
    at: datetime | None = None,
    summary: dict[str, Any] | None = None,
    undo_of: UUID | None = None,
    id: UUID | None = None,  # noqa: A002  the name of what it is
) -> Iterator[Change]:
    """Open one change-set in one transaction, or join the open one.

    `id` goes on with a change-set of an earlier transaction: a long import is one command in many transactions.

    A joined block changes the actor of nothing: whoever opened the set is its author. The row of the change-set is
    written by the database at the first recorded write, so a command that changes nothing leaves no trace.
    """
    if (outer := _open.get()) is not None:
        with transaction.atomic(savepoint=False):
            yield outer
        return
    change = Change(id or uuid7(), actor, command, at or _dated.get(), summary or {}, undo_of)
    token = _open.set(change)
    try:
        with transaction.atomic():
            _tell_database(change)
            yield change
            if connection.needs_rollback is False and len(connection.savepoint_ids) > 0:
                # Inside somebody's larger transaction (tests, shells): what follows there is not ours.
                _tell_database(None)
        actor.last_change = change.id
    finally:
        _open.reset(token)


@contextmanager
def dated_back(at: datetime) -> Iterator[None]:
    """Let the change-sets that are opened in the block be those of an earlier moment (the sample workspace)."""
    token = _dated.set(at)
    try:
        yield
    finally:
        _dated.reset(token)


def business_time() -> datetime:
    """Return now, or the moment to which the open change-set is dated back."""
    from django.utils import timezone

    change = _open.get()
    return change.at if change is not None and change.at is not None else timezone.now()


def set_business_time(at: datetime | None) -> None:
    """Date what follows in the open change-set back to `at` (imports, sample workspace), or stop doing so with None."""
    change = _open.get()
    if change is None:
        raise RuntimeError("Only an open change-set can be dated back.")
    change.at = at
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('crm.at', %s, true)", [at.isoformat() if at else ""])


def command[**P, R](name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a service: keyword-only, atomic, under the change-set of its `actor` argument.

    `name` is stable (`deals.move`): the audit page, undo and the history sentences key on it.
    """

    def decorate(service: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(service)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = kwargs["actor"]
            assert isinstance(actor, Actor), "services take actor=Actor.of(user)"
            with changeset(actor, name):
                return service(*args, **kwargs)

        return run

    return decorate
