"""Whom a step means: the record's owner, their manager, a colleague, a team, or whoever owns the rule (W1)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.users.models import Team, User
from workflows.fields import team_choices
from workflows.options import Option

from .base import Performing, name_of, person_of

OWNER, MANAGER, PERSON, TEAM, RULE_OWNER = "owner", "manager", "person", "team", "rule_owner"
WHO = (
    (OWNER, gettext_lazy("Owner of the record")),
    (MANAGER, gettext_lazy("Manager of the owner")),
    (PERSON, gettext_lazy("A colleague")),
    (TEAM, gettext_lazy("A team")),
    (RULE_OWNER, gettext_lazy("Owner of the rule")),
)


def colleagues(kind: str, actor: Actor | None) -> list[tuple[str, str]]:
    """Return the people who can be given something."""
    return [(str(pk), name) for pk, name in User.objects.owners().values_list("pk", "name")]


def teams(kind: str, actor: Actor | None) -> list[tuple[str, str]]:
    """Return the teams."""
    return team_choices()


def person_option(key: str = "person", when: Any = ("who", ("person",)), **options: Any) -> Option:
    """Return the option of a colleague."""
    return Option(key=key, label=gettext_lazy("Colleague"), type="person", choices=colleagues, when=when, **options)


def team_option(when: Any = ("who", ("team",)), **options: Any) -> Option:
    """Return the option of a team."""
    return Option(key="team", label=gettext_lazy("Team"), type="team", choices=teams, when=when, **options)


def manager_of(person: User | None) -> User | None:
    """Return who leads a person's team, or the nearest team above for one who leads it."""
    team = person.team if person is not None else None
    seen: set[Any] = set()
    while team is not None and team.pk not in seen:
        if team.manager_id is not None and team.manager_id != person.pk:  # type: ignore[union-attr]
            return person_of(team.manager_id)
        seen.add(team.pk)
        team = Team.objects.filter(pk=team.parent_id).first() if team.parent_id else None
    return None


def meant(step: Performing, who: str) -> list[User]:
    """Return the active people whom a step means."""
    if who == OWNER:
        found = [step.owner]
    elif who == MANAGER:
        found = [manager_of(step.owner)]
    elif who == PERSON:
        found = [step.person(step.options.get("person"))]
    elif who == RULE_OWNER:
        found = [step.actor.user]
    else:
        rows = User.objects.active().filter(team=step.options.get("team")).select_related("role", "team")
        found = list(rows.order_by("name", "pk"))
    return [each for each in found if each is not None and each.is_active]


def words(options: Any, who: str) -> str:
    """Return whom a step means, in words."""
    if who == PERSON:
        return name_of(options.get("person"))
    if who == TEAM:
        return Team.objects.filter(pk=options.get("team")).values_list("name", flat=True).first() or _("a team")
    return {
        OWNER: _("the owner"), MANAGER: _("the owner's manager"), RULE_OWNER: _("the owner of the rule")
    }[who]  # fmt: skip
