"""Saved views: kept, changed, shared and deleted as commands that can be undone (H2); preferences are the person's own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused

from .models import ListPreference, SavedView, Shareable, Shared


def checked_sharing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return name and sharing as they are stored; raises Refused for a missing name, or a share without a team."""
    found = dict(values)
    if "name" in found:
        found["name"] = " ".join(str(found["name"]).split())[:80]
        if not found["name"]:
            raise Refused(_("Give it a name."), fields={"name": _("Give it a name.")})
    if found.get("shared") == Shared.TEAM and found.get("team") is None:
        raise Refused(_("Choose the team."), fields={"team": _("Choose the team.")})
    if "shared" in found and found["shared"] != Shared.TEAM:
        found["team"] = None
    return found


def stored(record: Shareable) -> None:
    """Save a view or a list; raises Refused if its owner has another of that name."""
    words = _("You already have one with this name.")
    same = {name: getattr(record, name) for name in ("owner_id", "name", record.among)}
    if type(record)._default_manager.filter(**same).exclude(pk=record.pk).exists():
        raise Refused(words, fields={"name": words})
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:  # a rival was faster
        raise Refused(words, fields={"name": words}) from error


@command("listing.view_saved")
def create_view(
    *, list_key: str, query: str, layout: dict[str, Any], values: Mapping[str, Any], actor: Actor
) -> SavedView:
    """Keep a list's state under a name; `values` are name, shared and team. The caller has checked list and query."""
    position = SavedView.objects.filter(owner=actor.user, list_key=list_key).count()
    view = SavedView(
        list_key=list_key, query=query, layout=layout, owner=actor.user, position=position, **checked_sharing(values)
    )
    stored(view)
    return view


@command("listing.view_changed")
def change_view(*, view_id: UUID, values: Mapping[str, Any], actor: Actor) -> SavedView:
    """Change a view's name, sharing, query or layout.

    Raises SavedView.DoesNotExist if the actor may not see it, PermissionDenied if it is not theirs.
    """
    view = _held(view_id, actor)
    for name, value in checked_sharing(values).items():
        setattr(view, name, value)
    stored(view)
    return view


@command("listing.view_deleted")
def delete_view(*, view_id: UUID, actor: Actor) -> SavedView:
    """Delete a view; its list stays as it is. Raises like `change_view`."""
    view = _held(view_id, actor)
    SavedView.objects.filter(pk=view.pk).delete()
    return view


def _held(view_id: UUID, actor: Actor) -> SavedView:
    view: SavedView = SavedView.objects.visible_to(actor).locked().get(pk=view_id)
    actor.require("edit", view)
    return view


def give_shareables(model: type[Shareable], leaver: Any, heir: Any, actor: Actor) -> int:
    """Hand over a leaving person's shared views or lists (U4); a name that the heir has already is marked."""
    moved = 0
    for record in model._default_manager.filter(owner=leaver).exclude(shared=Shared.NOBODY).locked():
        record.owner = heir
        try:
            stored(record)
        except Refused:
            record.name = f"{record.name[:60]} ({leaver.name[:16]})"
            stored(record)
        moved += 1
    return moved


def prefer(*, user: Any, list_key: str, view: str = "", **values: Any) -> None:
    """Keep what a person prefers on a list or one of its views: `layout`, `pinned`, or `opens`."""
    ListPreference.objects.update_or_create(user=user, list_key=list_key, view=view, defaults=values)
