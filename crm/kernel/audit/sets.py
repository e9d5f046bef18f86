"""The list of the audit page: who did what to how many records, when and by which door (U2, H2)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor

from .models import ChangeSet, ChangeSetQuerySet
from .names import Names
from .registry import command_labels, finals, record_pages
from .sentences import SOURCES
from .subjects import Subject, Touched, subjects, touched_by

PER_PAGE = 50
# Commands looked through for one page of a filter that no index serves; "Older" goes on from there.
WINDOW = 5000


@dataclass(slots=True)
class Row:
    """One change-set as the list and its own page tell it."""

    made: ChangeSet
    touched: list[Touched] = field(default_factory=list)
    names: dict[tuple[str, UUID], str] = field(default_factory=dict)
    undone_by: ChangeSet | None = None

    @property
    def who(self) -> str:
        """Who gave the command."""
        return author(self.made)

    @property
    def command(self) -> str:
        """What they did, in words."""
        return command_words(self.made.command)

    @property
    def door(self) -> str:
        """From where: a page, an import, an undo."""
        if self.made.undo_of_id:
            return _("undo")
        return str(DOORS.get(self.made.source, self.made.source))

    @property
    def things(self) -> list[tuple[str, str]]:
        """What was touched: for each kind its number in words, or the name of the only one; with its address if any."""
        return [self._thing(each) for each in self.touched]

    def _thing(self, each: Touched) -> tuple[str, str]:
        if each.count == 1 and not each.more:
            name = self.names.get((each.subject.kind, each.first), "")
            url = page_of(each.subject, each.first) if name else ""
            return f"{capfirst(each.subject.words(1))} {name}".strip(), url
        if each.more:
            return _("%(count)d and more %(kind)s") % {"count": each.count, "kind": each.subject.words(2)}, ""
        return f"{each.count} {each.subject.words(each.count)}", ""

    @property
    def stands(self) -> bool:
        """False if it is undone and not done again."""
        return bool(self.made.stands)  # type: ignore[attr-defined]

    @property
    def undoable(self) -> bool:
        """True while it stands, wrote something that is recorded, and is none of the commands that are for good."""
        return self.stands and bool(self.touched) and self.made.command not in finals

    @property
    def dated(self) -> dt.datetime | None:
        """The moment to which it was dated back, if it was (H1)."""
        earlier = self.made.recorded_at - self.made.at
        return self.made.at if earlier > dt.timedelta(minutes=5) else None


DOORS: dict[str, Any] = {**SOURCES, "page": gettext_lazy("page")}


def author(made: ChangeSet) -> str:
    """Return who gave a command: a person, or the name of the machine."""
    return made.user.name if made.user is not None else made.label or _("Unknown")


def command_words(command: str) -> str:
    """Return what a command did, in words."""
    return str(command_labels.get(command) or command.replace(".", ": ").replace("_", " ") or _("wrote directly"))


def page_of(subject: Subject, pk: UUID) -> str:
    """Return the address of a record, nothing where it has no page."""
    name = record_pages.get(subject.kind)
    try:
        return reverse(name, args=[pk]) if name else ""
    except NoReverseMatch:
        return ""


@dataclass(slots=True)
class Page:
    """One page of the list; `older` is where the next one begins, `until` how far back a long search has come."""

    rows: list[Row]
    older: str = ""
    until: dt.datetime | None = None


def read_cursor(text: str) -> tuple[dt.datetime, UUID] | None:
    """Return where a page begins, None for no place or one that nobody gave out."""
    moment, _tilde, pk = text.partition("~")
    try:
        at = parse_datetime(moment)
        return (at, UUID(pk)) if at is not None and at.tzinfo is not None else None
    except ValueError:
        return None


def page_of_sets(actor: Actor, wanted: dict[str, Any], before: str = "") -> Page:
    """Return change-sets that the actor may see, newest first.

    `wanted` are the cleaned values of `AuditFilter`. Person, command, door and period follow indexes; kind of record and
    state are looked for among the next `WINDOW` commands at a time, so that no page costs more than that.
    """
    rows = _indexed(ChangeSet.objects.visible_to(actor), wanted)
    if cursor := read_cursor(before):
        at, pk = cursor
        rows = rows.filter(Q(recorded_at__lt=at) | Q(recorded_at=at, pk__lt=pk), recorded_at__lte=at)
    rows = rows.order_by("-recorded_at", "-pk")
    searched = bool(wanted.get("kind") or wanted.get("state"))
    listed = _narrowed(rows, wanted) if searched else rows
    found = list(listed.with_state().select_related("user")[: PER_PAGE + 1])
    page = Page(describe(found[:PER_PAGE], actor))
    if len(found) > PER_PAGE:
        page.older = _cursor(found[PER_PAGE - 1])
    elif searched and (last := rows.only("pk", "recorded_at")[WINDOW - 1 : WINDOW].first()):
        page.older, page.until = _cursor(last), last.recorded_at
    return page


def _cursor(made: ChangeSet) -> str:
    return f"{made.recorded_at.isoformat()}~{made.pk}"


def _indexed(rows: ChangeSetQuerySet, wanted: dict[str, Any]) -> ChangeSetQuerySet:
    if wanted.get("person"):
        rows = rows.filter(user_id=wanted["person"].pk)
    if wanted.get("command"):
        rows = rows.filter(command=wanted["command"])
    if wanted.get("door") == "undo":
        rows = rows.filter(command="audit.undo")
    elif wanted.get("door"):
        rows = rows.filter(source=wanted["door"]).exclude(command="audit.undo")
    if wanted.get("since"):
        rows = rows.filter(recorded_at__gte=wanted["since"])
    if wanted.get("until"):
        rows = rows.filter(recorded_at__lt=wanted["until"])
    return rows


def _narrowed(rows: ChangeSetQuerySet, wanted: dict[str, Any]) -> ChangeSetQuerySet:
    found: ChangeSetQuerySet = ChangeSet.objects.filter(pk__in=rows.values("pk")[:WINDOW])
    if wanted.get("kind"):
        touches = Q()
        for history, _column in subjects()[wanted["kind"]].told_by:
            touches |= Q(Exists(history._default_manager.filter(pgh_context_id=OuterRef("pk"))))
        found = found.filter(touches)
    if wanted.get("state"):
        found = found.with_state().filter(stands=wanted["state"] != "undone")
    return found.order_by("-recorded_at", "-pk")


def describe(sets: Sequence[ChangeSet], actor: Actor) -> list[Row]:
    """Return change-sets with what they touched, the names of single records that the actor may see, and their undos."""
    ids = [made.pk for made in sets]
    touched, undos = touched_by(ids), _undos(ids)
    names = _names(touched.values(), actor)
    return [Row(made, touched.get(made.pk, []), names, undos.get(made.pk)) for made in sets]


def _undos(ids: list[UUID]) -> dict[UUID, ChangeSet]:
    rows = ChangeSet.objects.filter(undo_of_id__in=ids).select_related("user").order_by("recorded_at")
    return {undo.undo_of_id: undo for undo in rows}


def _names(touched: Iterable[list[Touched]], actor: Actor) -> dict[tuple[str, UUID], str]:
    """Return the names of the records that are the only one of their kind in a set, one query for each kind (U3)."""
    wanted: dict[str, set[UUID]] = {}
    for each in (each for listed in touched for each in listed if each.count == 1 and not each.more):
        wanted.setdefault(each.subject.kind, set()).add(each.first)
    return {
        (kind, pk): name
        for kind, pks in wanted.items()
        for pk, name in Names(actor).load(subjects()[kind].model, pks).items()
    }
