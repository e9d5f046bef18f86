"""What every trigger can do."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.db.models import Q

from workflows.options import Option

Options = Mapping[str, Any]


class Happened(Protocol):
    """An event of the outbox, as triggers look at it."""

    name: str
    kind: str
    subject_id: UUID
    data: dict[str, Any]
    source: str


def always(event: Happened, options: Options) -> bool:
    """Every event of the name counts."""
    return True


def everywhere(options: Options) -> Q | None:
    """Each record of the kind may match already."""
    return Q()


def nowhere(options: Options) -> Q | None:
    """No record can match already: what sets the rule off leaves nothing behind that tells of it."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger on events. `kind` is the kind of record that rules work on; `events` the names that it hears.

    `fits(event, options)` says whether an event is meant. `leaving` names events after which a record is out of the
    conditions again (W4), and with `misfit_leaves` each that does not fit does so. `occurrence`: each time counts as an
    entry of its own. `implied` are conditions that belong to the trigger. `standing(options)` says which records stand where
    it would have brought them, so that they match already when a rule is published (W4); None for none.
    """

    key: str
    label: Any
    kind: str
    events: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    fits: Callable[[Happened, Options], bool] = always
    leaving: tuple[str, ...] = ()
    occurrence: bool = False
    group: Any = ""
    words: Callable[[Options], str] | None = None
    misfit_leaves: bool = False
    implied: tuple[dict[str, Any], ...] = ()
    standing: Callable[[Options], Q | None] = everywhere
    timed: ClassVar[bool] = False

    def kind_for(self, options: Options) -> str:
        """Return the kind of record for these options."""
        return self.kind

    def options_for(self, raw: Any) -> tuple[Option, ...]:
        """Return the options; some depend on what others say."""
        return self.options

    def describe(self, options: Options) -> str:
        """Return the trigger in words, with its options."""
        return self.words(options) if self.words is not None else str(self.label)


@dataclass(frozen=True, slots=True)
class Look:
    """What a time trigger found at a record: `due` is when it sets the rule off, None never as things stand.

    `spell` names what it is for, so that the rule runs once for each; `values` are kept with the run.
    """

    due: dt.datetime | None
    spell: str = ""


class TimeTrigger:
    """A trigger that time sets off, found by `DueTime` rows. One instance each; see `times.py`."""

    key: ClassVar[str]
    label: ClassVar[Any]
    kind: ClassVar[str] = ""
    events: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()
    leaving: ClassVar[tuple[str, ...]] = ()
    occurrence: ClassVar[bool] = True
    group: ClassVar[Any] = ""
    implied: ClassVar[tuple[dict[str, Any], ...]] = ()
    timed: ClassVar[bool] = True
    # Whether a record is looked at again after the rule has run: idle spells come again, dates only when they change.
    again: ClassVar[bool] = False

    def kind_for(self, options: Options) -> str:
        """Return the kind of record for these options."""
        return self.kind

    def options_for(self, raw: Any) -> tuple[Option, ...]:
        """Return the options."""
        return self.options

    def describe(self, options: Options) -> str:
        """Return the trigger in words."""
        return str(self.label)

    def rows(self, options: Options) -> Any:
        """Return the records that may come due: a query set."""
        raise NotImplementedError

    def earliest(self, options: Options) -> Any:
        """Return an expression on these rows: a moment not later than any at which one can be due."""
        raise NotImplementedError

    def look(self, records: Iterable[UUID], options: Options, now: dt.datetime) -> dict[UUID, Look]:
        """Return what is found at each record that still can come due; others are forgotten."""
        raise NotImplementedError

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """Say whether an event may bring the moment forward, so that the record must be looked at anew."""
        raise NotImplementedError
