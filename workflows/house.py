"""The four rules of the house, one of them for three kinds of records: documents to begin with. What only the workspace
knows, its team and its template, is filled in on the rule's page, or here where there is only one to choose.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused

from .actions.mailing import templates
from .fields import team_choices
from .models import Rule
from .services import create_rule


@dataclass(frozen=True, slots=True)
class HouseRule:
    """One rule of the house: its name, what it is for, its icon, and its document without what must be chosen.

    Rules that are the same for several kinds of records have one `card`, and `of` says for which kind each is.
    """

    key: str
    name: Any
    about: Any
    icon: str
    trigger: dict[str, Any]
    steps: tuple[dict[str, Any], ...]
    reentry: str = "entry"
    conditions: tuple[dict[str, Any], ...] = ()
    card: str = ""
    of: Any = ""


def _step(action: str, **options: Any) -> dict[str, Any]:
    return {"action": action, "options": options}


OWNED = {"field": "owner", "operator": "filled"}  # there is somebody to remind


def _quiet(key: str, name: Any, of: Any, trigger: str, about: str, *conditions: dict[str, Any]) -> HouseRule:
    """Return the reminder for one kind of record."""
    return HouseRule(
        key, name, gettext_lazy("A reminder for the owner of what has had no activity for 7 days, once each time."),
        "clock", {"kind": trigger, "options": {"days": 7, "calendar": "calendar"}},
        (_step("create_task", title=f"Get in touch again about {about}", due_days=0, who="owner"),),
        conditions=conditions, card="quiet", of=of,
    )  # fmt: skip


HOUSE: tuple[HouseRule, ...] = (
    HouseRule(
        "new-lead", gettext_lazy("New lead to a rep"),
        gettext_lazy("Gives each new lead to the reps of a team in turns, passing over who is away, and tells them."),
        "user-plus", {"kind": "lead.created"},
        (
            _step("assign", method="round_robin", load="leads", only_unowned=True),
            _step("notify", who=["owner"], text="New lead: {first_name} {last_name}"),
        ),
    ),
    HouseRule(
        "stage-changed", gettext_lazy("Stage changed"),
        gettext_lazy("Tells the owner of a deal and their manager when it moves."),
        "square-kanban", {"kind": "deal.stage_changed"},
        (_step("notify", who=["owner", "manager"], text="{title} is in {stage} now"),), "event",
    ),
    _quiet("quiet", gettext_lazy("Quiet for a week"), gettext_lazy("Deals"), "deal.idle", "{title}"),
    _quiet(
        "quiet-leads", gettext_lazy("Leads quiet for a week"), gettext_lazy("Leads"), "lead.idle",
        "{first_name} {last_name}", OWNED, {"field": "status", "operator": "is_not", "value": ["unqualified"]},
    ),
    _quiet(
        "quiet-contacts", gettext_lazy("Contacts quiet for a week"), gettext_lazy("Contacts"), "contact.idle",
        "{first_name} {last_name}", OWNED,
    ),
    HouseRule(
        "closed-won", gettext_lazy("Closed won"),
        gettext_lazy("Writes the onboarding e-mail to the primary person, and makes the hand-over task."),
        "mail", {"kind": "deal.won"},
        (
            _step("send_email", sender="owner"),
            _step("create_task", title="Hand {title} over", due_days=2, due_calendar="working", who="owner"),
        ),
        "event",
    ),
)  # fmt: skip


def missing_rules() -> list[HouseRule]:
    """Return the rules of the house that nobody has taken up yet."""
    taken = set(Rule.objects.exclude(house_key="").values_list("house_key", flat=True))
    return [each for each in HOUSE if each.key not in taken]


def missing_cards() -> list[tuple[HouseRule, list[HouseRule]]]:
    """Return what is left to take up as cards: the rule that each is about, and those that it offers."""
    found: dict[str, list[HouseRule]] = {}
    for each in missing_rules():
        found.setdefault(each.card or each.key, []).append(each)
    return [(next(each for each in HOUSE if each.key == key), rules) for key, rules in found.items()]


def take_up(*, key: str, actor: Actor) -> Rule:
    """Make a rule of the house as a draft of the actor's. Raises Refused if there is none of the key or it is taken."""
    actor.require_flag("rules")
    found = next((each for each in missing_rules() if each.key == key), None)
    if found is None:
        raise Refused(_("This rule is there already."))
    steps = [{**each, "options": {**_only_choices(each["action"], actor), **each["options"]}} for each in found.steps]
    conditions = {"all": list(found.conditions)} if found.conditions else {}
    document = {
        "trigger": found.trigger,
        "conditions": conditions,
        "steps": steps,
        "reentry": found.reentry,
        "listens_to": [],
    }
    about, name = str(found.about), str(found.name)
    return create_rule(name=name, description=about, document=document, actor=actor, house_key=key)


def _only_choices(action: str, actor: Actor) -> dict[str, Any]:
    """Return the options of a step for which the workspace has one choice only."""
    key, choices = {"assign": ("team", team_choices()), "send_email": ("template", templates("deal", actor))}.get(
        action, ("", [])
    )
    return {key: choices[0][0]} if len(choices) == 1 else {}
