"""Rules of the sample workspace: two at work, one that somebody is still drafting."""

import datetime as dt
from typing import Any

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import User
from workflows.models import Rule
from workflows.services import create_rule, publish_rule

LARGE = {"field": "amount", "operator": "gte", "value": "50000"}
HANDOVER: dict[str, Any] = {
    "trigger": {"kind": "deal.won"},
    "conditions": {},
    "steps": [
        {
            "action": "create_task",
            "options": {
                "title": "Hand {title} over to delivery",
                "due_days": 2,
                "due_calendar": "working",
                "who": "owner",
            },
        },
        {"action": "notify", "options": {"who": ["manager"], "text": "Won: {title}"}},
    ],
    "reentry": "event",
    "listens_to": [],
}
LARGE_DEALS: dict[str, Any] = {
    "trigger": {"kind": "deal.stage_changed"},
    "conditions": {"all": [LARGE, {"field": "stage", "operator": "filled"}]},
    "steps": [{"action": "notify", "options": {"who": ["owner", "manager"], "text": "{title} is in {stage} now"}}],
    "reentry": "event",
    "listens_to": [],
}
QUIET: dict[str, Any] = {
    "trigger": {"kind": "deal.idle", "options": {"days": 7, "calendar": "working"}},
    "conditions": {"all": [LARGE]},
    "steps": [{"action": "create_task", "options": {"title": "Check in about {title}", "who": "owner"}}],
    "reentry": "entry",
    "listens_to": [],
}


def add_rules(owner: User, begin: dt.datetime) -> None:
    """Make the rules of one person's, those at work since `begin`."""
    actor = Actor.of(owner)
    with changeset(actor, "rules.publish", at=begin):
        for name, about, document in (
            ("Hand over what is won", "Delivery hears of it within two working days.", HANDOVER),
            ("Large deals on the move", "Whoever leads the team knows where large deals are.", LARGE_DEALS),
        ):
            rule = create_rule(name=name, description=about, document=document, actor=actor)
            publish_rule(rule_id=rule.pk, actor=actor)
            Rule.objects.filter(pk=rule.pk).update(live_since=begin)
        create_rule(
            name="Quiet large deals", description="A reminder before it is too late.", document=QUIET, actor=actor
        )
