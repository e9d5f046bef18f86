"""Ties views and lists to the rest: their commands' words, who may undo what, and what a leaving person hands over."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import allow_undo, label_commands
from crm.kernel.core import navigation, panels, relations
from crm.kernel.core.changes import Actor
from crm.kernel.core.navigation import NavItem
from crm.kernel.users.leaving import Owned
from crm.kernel.users.leaving import register as hand_over

from .models import RecordList, RecordListMember, SavedView, Shareable, Shared
from .services import give_shareables


def connect() -> None:
    """Called when the app is ready."""
    label_commands(
        {
            "listing.view_saved": _("saved a view"),
            "listing.view_changed": _("changed a view"),
            "listing.view_deleted": _("deleted a view"),
            "listing.list_made": _("made a list"),
            "listing.list_changed": _("changed a list"),
            "listing.list_deleted": _("deleted a list"),
            "listing.list_filled": _("put records on a list"),
            "listing.list_emptied": _("took records off a list"),
        }
    )
    panels.register("sidebar.pinned", "listing/_pinned.html", _stamp, order=50)
    panels.register("list.bulk", "listing/_put_button.html", order=80, visible=_has_lists)
    navigation.register(NavItem("lists", _("Lists"), "listing:record_lists", "list", order=75))
    for kind in RecordList.Kind.values:
        relations.declare(RecordListMember, "record_id", kind, move=relations.move_once("list"))
    kinds: tuple[tuple[str, Any, type[Shareable]], ...] = (
        ("views", _("Shared views"), SavedView),
        ("lists", _("Shared lists"), RecordList),
    )
    for order, (key, label, model) in enumerate(kinds):
        allow_undo(model, _own)
        hand_over(Owned(key, label, _counter(model), _giver(model), order=80 + order))


def _stamp(request: Any, _obj: Any) -> dict[str, Any]:
    return {"stamp": request.session.get("pins", "")}


def _has_lists(user: Any, page: Any) -> bool:
    return page.personal and page.kind in RecordList.Kind.values


def _own(change: Any, actor: Actor) -> bool:
    return all(values["owner_id"] == actor.id for values in (change.before, change.after) if values is not None)


def _counter(model: type[Shareable]) -> Any:
    def count(person: Any) -> int:
        return int(model._default_manager.filter(owner=person).exclude(shared=Shared.NOBODY).count())

    return count


def _giver(model: type[Shareable]) -> Any:
    def give(leaver: Any, heir: Any, actor: Actor) -> int:
        return give_shareables(model, leaver, heir, actor)

    return give
