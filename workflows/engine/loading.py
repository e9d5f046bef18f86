"""The rules that listen to an event, with their documents read and their actors."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contacts.events import CompanyMerged, ContactMerged, MergeUndone
from crm.kernel.core.changes import Actor
from crm.kernel.core.remember import remembered
from workflows.actors import actor_for, broken_owner
from workflows.conditions import RuleContext
from workflows.documents import Document, read_document
from workflows.models import Rule, RuleVersion
from workflows.triggers import triggers


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule at work: its published version, its document and the actor it acts as."""

    rule: Rule
    version: RuleVersion
    document: Document
    actor: Actor

    @property
    def broken(self) -> str:
        """Why it can no longer work, "" if it can (W8)."""
        if self.document.problems.found:
            return " ".join(each.words for each in self.document.problems.found)
        return broken_owner(self.actor)

    def context(self, now: dt.datetime) -> RuleContext:
        """Return for whom and when its conditions are read."""
        return RuleContext(self.actor, now)


@remembered
def _documents() -> dict[Any, Document]:
    """The documents that were read in the last seconds: fields, people and stages that they name seldom go away."""
    return {}


def load_rule(rule: Rule, version: RuleVersion | None = None) -> Loaded | None:
    """Return a rule with its published version, or the given one; None for a rule without one."""
    version = version or rule.current
    if version is None:
        return None
    actor = actor_for(rule, rule.owner)
    key = (version.pk, rule.owner_id, tuple(rule.house_rights) if rule.as_house else None)
    known = _documents()
    document = known.get(key)
    if document is None:
        document = known[key] = read_document(version.document, actor)
    return Loaded(rule, version, document, actor)


def keys_for(name: str) -> tuple[list[str], list[str]]:
    """Return the triggers that hear an event of a name, and those whose records leave their conditions by it."""
    hearing = [each.key for each in triggers() if name in each.events]
    leaving = [each.key for each in triggers() if name in each.leaving]
    return hearing, leaving


def listening_to(keys: Iterable[str]) -> list[Loaded]:
    """Return the rules at work with these triggers, broken ones too, oldest first; one query."""
    rows = Rule.objects.listening().filter(trigger__in=list(keys))
    rows = rows.select_related("current", "owner__role", "owner__team").order_by("pk")
    people: dict[Any, Any] = {}  # one object for each owner: whose records they reach is asked once
    for rule in rows:
        rule.owner = people.setdefault(rule.owner_id, rule.owner)
    return [loaded for rule in rows if (loaded := load_rule(rule)) is not None]


def anybody(name: str, source: str) -> bool:
    """Say whether any rule listens to events of a name from a source: asked once for many events (W4)."""
    hearing, leaving = keys_for(name)
    if not hearing and not leaving:
        return False
    rows = Rule.objects.listening().filter(trigger__in=[*hearing, *leaving])
    special = special_source(source)
    if special:
        rows = rows.filter(current__document__listens_to__contains=[special])
    return bool(rows.exists())


# Events of merges, done and undone: rules are not set off by them, and do not know where the record stands afterwards (M3).
MERGES = (ContactMerged.name, CompanyMerged.name, MergeUndone.name)
SOURCES = {"import": "import", "sync": "sync", "mail": "sync", "undo": "undo"}


def special_source(source: str) -> str:
    """Return the kind of source to which a rule must listen expressly, "" for what people and rules do."""
    return SOURCES.get(source, "")
