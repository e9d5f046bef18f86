"""Teams: a tree with managers (U1)."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Team, User

EDITABLE = ("name", "parent", "manager")


def _check(team: Team) -> None:
    """Raise Refused if the name is taken beside its siblings or the team would stand below itself."""
    if Team.objects.filter(parent=team.parent, name__iexact=team.name).exclude(pk=team.pk).exists():
        words = _("There is a team of this name here.")
        raise Refused(words, fields={"name": words})
    above, seen = team.parent, {team.pk}
    while above is not None:
        if above.pk in seen:
            words = _("A team cannot stand below itself.")
            raise Refused(words, fields={"parent": words})
        seen.add(above.pk)
        above = above.parent


@command("users.create_team")
def create_team(*, name: str, parent: Team | None = None, manager: User | None = None, actor: Actor) -> Team:
    """Add a team."""
    actor.require_flag("settings")
    team = Team(name=name, parent=parent, manager=manager)
    _check(team)
    team.save(force_insert=True)
    return team


@command("users.edit_team")
def edit_team(*, team_id: UUID, actor: Actor, **values: Any) -> Team:
    """Change name, parent or manager of a team. A team never stands below itself."""
    actor.require_flag("settings")
    # All of them, since two moves at once could close a circle that neither sees.
    list(Team.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    team = Team.objects.get(pk=team_id)
    for name in EDITABLE:
        if name in values:
            setattr(team, name, values[name])
    _check(team)
    team.save(update_fields=list(EDITABLE))
    return team


@command("users.delete_team")
def delete_team(*, team_id: UUID, actor: Actor) -> None:
    """Remove a team with neither people nor teams below it. One that closed deals stays, named in history (P9)."""
    actor.require_flag("settings")
    team = Team.objects.select_for_update().get(pk=team_id)
    if team.members.exists() or team.children.exists():
        raise Refused(_("There are still people or teams in it. Move them first."))
    if any(relation.related_model._base_manager.filter(**{relation.field.name: team}).exists() for relation in _uses()):
        raise Refused(_("Deals were closed by this team, and their history names it. Rename it instead."))
    team.delete()


def _uses() -> list[Any]:
    """Return the relations by which other apps hold on to a team."""
    return [
        relation
        for relation in Team._meta.related_objects
        if relation.related_model._meta.app_label != "users" and getattr(relation.field, "db_constraint", False)
    ]
