"""Which bulk actions there are. Apps register theirs in `AppConfig.ready()` (see docs/bulk-and-export.md).

To add an action: derive from `BulkAction`, name its right and its form, let `apply` call the set-based service that
the single form calls too, and `register` it for its kind of record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.audit.registry import label_commands
from crm.kernel.core.changes import Actor

Words = str | Promise


class BulkForm(forms.Form):
    """Base of the dialogs' forms: what is to be done to every record. Subclasses add fields; `actor` is who asks."""

    template = "bulk/_fields.html"

    def __init__(self, data: Any = None, *, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(data, auto_id="bulk_%s", **kwargs)


@dataclass(frozen=True, slots=True)
class Applied:
    """What an action did: the records that it changed, and why it left others as they are."""

    changed: set[UUID]
    refused: dict[UUID, str] = field(default_factory=dict)


class BulkAction:
    """One thing that can be done to many records of a kind.

    `verb` is the right that each record needs (edit, delete, view), `command` the name of its change-set. The engine
    leaves out what the actor may not see or change before it calls `apply`. `in_bin`: it is for what is in the bin.
    """

    key: ClassVar[str]
    label: ClassVar[Words]
    short: ClassVar[Words]
    icon: ClassVar[str]
    order: ClassVar[int] = 100
    verb: ClassVar[str] = "edit"
    said: ClassVar[Words] = ""
    submit: ClassVar[Words] = ""
    danger: ClassVar[bool] = False
    in_bin: ClassVar[bool] = False
    form: ClassVar[type[BulkForm]] = BulkForm
    model: type[Any]
    kind: str

    def __init__(self, model: type[Any]) -> None:
        self.model = model
        self.kind = model.kind

    @property
    def command(self) -> str:
        """The name of its change-sets."""
        return f"bulk.{self.key}"

    def visible(self, actor: Actor) -> bool:
        """Say whether the actor can do this at all: the bulk right, and the right to some record of the kind (U2)."""
        return actor.may("bulk") and not actor.scope(self.kind, self.verb).nothing

    def bind(self, data: "QueryDict | Mapping[str, Any] | None", actor: Actor) -> BulkForm:
        """Return the dialog's form, filled with what was sent."""
        return self.form(data, actor=actor)

    def rows(self) -> Any:
        """Return the records that it can be done to, before any right."""
        rows = self.model._default_manager
        return rows.binned() if self.in_bin else rows.live()

    def refusals(self, records: Sequence[Any], values: Mapping[str, Any], actor: Actor) -> dict[UUID, str]:
        """Return the records that the rules refuse, with the reason, as far as sets can tell before any write."""
        return {}

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Do it to records that may be changed, in sets. Raises as services do: then nothing is written."""
        raise NotImplementedError

    def heading(self, number: str, count: int) -> str:
        """Return the dialog's heading; `number` is the number of records in words."""
        return ngettext("%(what)s: %(number)s record", "%(what)s: %(number)s records", count) % {
            "what": self.label,
            "number": number,
        }

    def done_words(self, count: int) -> str:
        """Return the toast's words for so many changed records."""
        return ngettext("%(count)d record changed", "%(count)d records changed", count) % {"count": count}

    def summary(self, values: Mapping[str, Any]) -> str:
        """Return in words what is done, with its value: "Owner: Dana Whitlock"."""
        return str(self.label)

    def finished(self, run: Any, values: Mapping[str, Any], actor: Actor) -> None:
        """Do what follows once all records are through, such as telling a new owner once instead of record by record."""


_actions: dict[str, dict[str, BulkAction]] = {}


def register(*actions: BulkAction) -> None:
    """Offer actions on the lists of their kind."""
    for action in actions:
        _actions.setdefault(action.kind, {})[action.key] = action
        label_commands({action.command: action.said or action.label})


def action_of(kind: str, key: str) -> BulkAction:
    """Return an action; raises KeyError for an unknown one."""
    return _actions[kind][key]


def actions_for(actor: Actor, kind: str, *, in_bin: bool = False) -> list[BulkAction]:
    """Return what the actor can do to many records of a kind, live ones or those in the bin, in order."""
    found = [each for each in _actions.get(kind, {}).values() if each.in_bin == in_bin and each.visible(actor)]
    return sorted(found, key=lambda each: each.order)


def not_found() -> str:
    """Return the words for a record that is not there, or that its person may not see: the same for both (U3)."""
    return _("There is no such record.")
