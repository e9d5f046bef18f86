"""With whose rights a rule acts (W9): its owner's, checked as it runs, or named ones of the house."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.scopes import EVERYTHING, NOTHING
from crm.kernel.users.models import User
from crm.kernel.users.policies import FLAGS, KINDS, VERBS

from .models import Rule

SOURCE = "workflow"
# Rights that can be named for the house: `deal.edit`, and those flags that a rule can use.
RULE_FLAGS = ("bulk", "date_back", "export", "rules")
HOUSE_RIGHTS = (*(f"{kind}.{verb}" for kind in KINDS if kind != "report" for verb in VERBS), *RULE_FLAGS)


@dataclass(slots=True)
class House(Actor):
    """The house itself: may do what was named when the rule was published, and nothing else."""

    rights: Collection[str] = field(default_factory=frozenset)

    def scope(self, kind: str, verb: str) -> Any:
        """Return everything for a named right, else nothing. Whoever may edit may also view."""
        named = {f"{kind}.{verb}"} | ({f"{kind}.edit", f"{kind}.delete"} if verb == "view" else set())
        return EVERYTHING if named & set(self.rights) else NOTHING

    def may(self, flag: str) -> bool:
        """Say whether the flag was named."""
        return flag in self.rights


def actor_for(rule: Rule, owner: User | None = None) -> Actor:
    """Return the actor of a rule; `owner` spares a query. Ask `broken_owner` before acting."""
    if rule.as_house:
        label = _("House rule: %(name)s") % {"name": rule.name}
        return House(kind="workflow", label=label[:200], source=SOURCE, rights=frozenset(rule.house_rights))
    person = owner or User.objects.select_related("role", "team").get(pk=rule.owner_id)
    return Actor(kind="workflow", user=person, label=_("Rule: %(name)s") % {"name": rule.name}, source=SOURCE)


def broken_owner(actor: Actor) -> str:
    """Return why a rule cannot act for its owner any more, "" if it can."""
    if actor.user is not None and not actor.user.is_active:
        return _("%(name)s, who owns the rule, can no longer log in.") % {"name": actor.user.name}
    return ""


__all__ = ["FLAGS", "HOUSE_RIGHTS", "SOURCE", "House", "actor_for", "broken_owner"]
