"""The workspace of the long run: its people, deals, and rules with every kind of action."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.mail.services.templates import create_template
from contacts.services import create_contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from deals.models import Pipeline, Stage
from deals.services import create_deal
from tests.conftest import make_user
from workflows.models import Rule
from workflows.services import create_rule, publish_rule
from workflows.webhooks.services.endpoints import allow_host, create_endpoint


@dataclass
class World:
    """What the run works with. `rules` go by name; `heard` says which stage a rule listens for, none for any."""

    rep: User
    deals: list[UUID]
    stages: list[UUID]
    rules: dict[str, Rule]
    heard: dict[str, UUID | None]


def make_world(http_port: int, deals: int = 48) -> World:
    """Make the people, the deals with their contacts, and the rules."""
    with changeset(Actor.system("chaos"), "chaos.world"):
        Workspace.objects.create(name="Brightwater", base_currency="USD", timezone="Europe/London")
        team = Team.objects.create(name="East")
    rep = make_user("rep@chaos.example", "Priya Raman", "rep", team)
    mate = make_user("mate@chaos.example", "Marcus Okafor", "rep", team)
    manager = make_user("manager@chaos.example", "Ingrid Solberg", "manager", team)
    admin = make_user("admin@chaos.example", "Dana Whitlock", "admin", team)
    with changeset(Actor.system("chaos"), "chaos.world"):
        team.manager = manager
        team.save()
    actor = Actor.of(admin)
    stages = list(Pipeline.objects.get().stages.usable().open())
    made = [_deal(n, rep, actor) for n in range(deals)]
    rules, heard = {}, {}
    for name, kind, stage, steps in _rules(stages, [rep, mate], actor, http_port):
        options = {"to_stage": [str(stage.pk)]} if stage else {"fields": ["owner"]} if kind == "deal.changed" else {}
        trigger = {"kind": kind, "options": options}
        document = {"trigger": trigger, "steps": steps, "reentry": "event", "rate_per_hour": 100_000}
        rule = create_rule(name=name, document=document, actor=actor)
        rules[name] = publish_rule(rule_id=rule.pk, actor=actor)
        heard[name] = stage.pk if stage else None
    return World(admin, made, [each.pk for each in stages], rules, heard)


def _deal(n: int, rep: User, actor: Actor) -> UUID:
    values = {"first_name": f"Maya {n}", "emails": [f"maya{n}@customer.example"], "owner_id": rep.pk}
    maya = create_contact(values=values, actor=actor)
    return create_deal(actor=actor, title=f"Deal {n}", owner=rep, contacts=[(maya.pk, "")]).pk


def _step(action: str, **options: Any) -> dict[str, Any]:
    return {"action": action, "options": options}


def _rules(
    stages: list[Stage], people: list[User], actor: Actor, http_port: int
) -> list[tuple[str, str, Stage | None, list[dict[str, Any]]]]:
    """Return (name, trigger, stage, steps). The last one is set off by the one before it, and sets off the first two."""
    allow_host(host="127.0.0.1", actor=actor)
    values = {"name": "Receiver", "url": f"http://127.0.0.1:{http_port}/hook"}
    endpoint, _secret = create_endpoint(values=values, actor=actor)
    values = {
        "name": "Proposal",
        "subject": "Your proposal",
        "text": "Hello {{ contact.first_name | there }}",
        "shared": True,
    }
    template = create_template(values=values, actor=actor)
    qualified, discovery, proposal, negotiation = stages[:4]
    moved = "deal.stage_changed"
    return [
        ("moves", moved, None, [
            _step("create_task", title="After the move of {title}"),
            _step("notify", who=["manager"], text="{title} was moved"),
        ]),
        ("qualified", moved, qualified, [
            _step("wait", unit="hours", amount=1), _step("create_task", title="After the wait of {title}"),
        ]),
        ("discovery", moved, discovery, [
            _step("update_field", field="source", value="found"), _step("add_tag", tags=["hot"]),
            _step("call_webhook", endpoint=str(endpoint.pk), fields=["title"]),
        ]),
        ("proposal", moved, proposal, [
            _step("update_field", field="source", value="proposed"), _step("remove_tag", tags=["hot"]),
            _step("send_email", template=str(template.pk)),
        ]),
        ("negotiation", moved, negotiation, [
            _step("create_deal", title="Next to {title}"),
            _step("assign", method="round_robin", people=[str(each.pk) for each in people]),
        ]),
        ("given", "deal.changed", None, [_step("move_stage", stage=str(qualified.pk))]),
    ]  # fmt: skip
