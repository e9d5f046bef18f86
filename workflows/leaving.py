"""What a leaving person hands over of this app: the rules that act with their rights (U4, W9)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.users.leaving import Owned
from crm.kernel.users.leaving import register as hand_over
from crm.kernel.users.models import User

from .models import Rule
from .services import transfer_rule


def _rules_of(person: User) -> Any:
    return Rule.objects.filter(owner=person, as_house=False)


def _give(person: User, heir: User | None, actor: Actor) -> int:
    assert heir is not None, "every rule has an owner"
    rules = list(_rules_of(person).order_by("pk"))
    for rule in rules:
        transfer_rule(rule_id=rule.pk, owner=heir, actor=actor)
    return len(rules)


def register() -> None:
    """Tell the people's settings what to ask for."""
    hand_over(Owned("rules", _("Rules"), lambda person: int(_rules_of(person).count()), _give, order=80))
