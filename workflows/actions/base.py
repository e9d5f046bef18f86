"""What every action can do. A run asks `plan` and then `do`; a dry run asks `plan` alone, so both say the same."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User
from workflows.calendars import Calendar
from workflows.conditions import RuleContext
from workflows.fields import RuleField
from workflows.options import Option
from workflows.problems import Problems
from workflows.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Drafted:
    """The options of a step while its rule is checked; `fail` notes what cannot work."""

    options: dict[str, Any]
    kind: str
    context: RuleContext
    problems: Problems
    where: str

    def fail(self, key: str, message: Any) -> None:
        """Note a problem beside an option."""
        self.problems.add(f"{self.where}.{key}", message)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step is going to do: in words, and as plain values that `do` works with. `skip` does nothing, and why.

    `kept` are the words that the run keeps, where `words` tell of the record (W2).
    """

    words: str
    data: dict[str, Any] = field(default_factory=dict)
    skip: bool = False
    due_at: dt.datetime | None = None
    kept: str = ""


@dataclass
class Performing:
    """One step about to be done for one record. `row` holds the record's columns as they are at that moment.

    `run_id` and `index` are the key of its effects (W3). `pools` remembers whose turn it is. `known` are people and
    calendars that have been read, shared by steps that are done together.
    """

    kind: str
    record_id: UUID | None
    row: Mapping[str, Any]
    snapshot: Snapshot
    options: dict[str, Any]
    context: RuleContext
    rule: Any
    index: int
    pools: Any
    run_id: UUID | None = None
    known: dict[Any, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.context.actor

    @property
    def key(self) -> str:
        """The key of the step's effects (W3)."""
        return f"{self.run_id}:{self.index}"

    @cached_property
    def owner(self) -> User | None:
        """The owner of the record, or the assignee of a task."""
        return self.person(self.row.get("assignee_id" if self.kind == "task" else "owner_id"))

    def person(self, pk: Any) -> User | None:
        """Return a person with role and team."""
        if pk is None:
            return None
        key = UUID(str(pk))
        if key not in self.known:
            self.known[key] = person_of(key)
        found: User | None = self.known[key]
        return found

    def sees_contact(self, pk: UUID) -> bool:
        """Say whether the actor may see a contact (U3)."""
        key = (Contact, pk)
        if key not in self.known:
            self.known[key] = Contact.objects.visible_to(self.actor).filter(pk=pk).exists()
        return bool(self.known[key])

    def calendar(self, person: UUID) -> Calendar:
        """Return a calendar that knows a person's days."""
        found: Calendar | None = self.known.get(Calendar)
        if found is None or person not in found.people:
            found = self.known[Calendar] = Calendar.of({person, *(found.people if found is not None else ())})
        return found

    def link(self, kind: str) -> UUID | None:
        """Return the record's own link to a record of a kind: itself, its company, its contact, its deal."""
        return self.record_id if kind == self.kind else self.row.get(f"{kind}_id")


def person_of(pk: UUID | None) -> User | None:
    """Return a person with role and team."""
    return User.objects.select_related("role", "team").filter(pk=pk).first() if pk is not None else None


class Action:
    """One kind of step. To add one: a subclass in `workflows/actions/`, and a line in `actions.REGISTRY`.

    `kinds` are the kinds of records that it works on, None any or none. `sets_off` names events that it may cause.
    """

    key: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str] = "zap"
    kinds: ClassVar[tuple[str, ...] | None] = None
    options: ClassVar[tuple[Option, ...]] = ()
    waits: ClassVar[bool] = False
    changes_records: ClassVar[bool] = True  # what conditions look at: not tasks, mails or notices
    writes: ClassVar[bool] = False  # columns of the record itself, see `after`
    together: ClassVar[bool] = False  # many at once, by `do_together`; no rule listens to what it does

    def check(self, drafted: Drafted) -> None:
        """Note what cannot work although each option by itself can be read."""

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the fields whose values the step needs."""
        return {}

    def plan(self, step: Performing) -> Plan:
        """Return what the step would do; writes nothing. May raise Refused."""
        raise NotImplementedError

    def do(self, step: Performing, plan: Plan) -> dict[str, Any] | None:
        """Do it, through the services, as the actor; return what to remember of it, None if nothing was left to do."""
        raise NotImplementedError

    def do_together(self, steps: Sequence[tuple[Performing, Plan]]) -> list[dict[str, Any] | None]:
        """Do the step of many runs, all or none; return what to remember of each. For actions that are `together`."""
        return [self.do(step, plan) for step, plan in steps]

    def after(self, step: Performing, plan: Plan) -> Mapping[str, Any]:
        """Return the columns of the record that it changes, with their new values: later steps of a dry run see them."""
        return {}

    def needs(self, kind: str) -> str:
        """Return the kind of record that the actor must be able to edit, "" for none."""
        return kind if self.kinds is not None else ""

    def touches(self, options: Mapping[str, Any]) -> str:
        """Return the one field of the record that it changes, as events name it; "" if that cannot be said."""
        return ""

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """Return the names of events that it may cause."""
        return ()

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words, as part of the rule's sentence."""
        return str(self.label)


def name_of(pk: Any) -> str:
    """Return a person's name."""
    return User.objects.filter(pk=pk).values_list("name", flat=True).first() or _("somebody")
