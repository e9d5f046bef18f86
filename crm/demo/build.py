"""Plays the story through the services, each step by who did it and dated back to when (H1), in one transaction."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from activities.services.changing import complete_activity
from activities.services.recording import ActivityRow, log_activities, log_activity
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_task
from contacts.models import Company, LeadStatus, SizeBand
from contacts.services import change_lead_status, create_company, create_contacts, return_leads
from crm.kernel.core.changes import Actor, dated_back
from crm.kernel.customfields.services import jobs
from crm.kernel.events.bus import unannounced
from crm.kernel.events.drain import process
from crm.kernel.events.models import Event
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import LostReason, Stage
from deals.services import create_deal, edit_deal, move_deal

from .custom import company_values, contact_values, deal_values
from .rules import RulesAtWork, add_rules
from .setting import OSKAR, set_scene, switch_off_oskar
from .story import Step, tell
from .targets import set_sample_targets
from .views import add_views
from .words.texts import LOST_COMMENTS

# What happened since then is news, as if done on the page: it rings the bells of those whom it concerns.
FRESH = dt.timedelta(days=4)
RECENT = dt.timedelta(days=14)
RULES_SINCE = dt.timedelta(days=30)


def build_story(*, seed: int, password: str, now: dt.datetime | None = None) -> int:
    """Make the small sample workspace and return how many steps it took. All of it or, if anything fails, nothing."""
    now = now or timezone.now()
    with transaction.atomic(), unannounced():
        people = set_scene(password=password, now=now)
        add_rules(people["admin"], now - RULES_SINCE)
        steps = tell(seed=seed, now=now, zone=Workspace.current().zone)
        rules = RulesAtWork(since=now - RULES_SINCE, now=now)
        Player(people, rules).play(gather_people(gather_notes(steps, now)), now=now)
        set_sample_targets(now=now)
        add_views(people)
        _settle_events(now)
        rules.tell_when(now - FRESH)
    if not connection.in_atomic_block:
        jobs.sweep()
    return len(steps)


def gather_notes(steps: list[Step], now: dt.datetime) -> list[Step]:
    """Let people write up what they said and heard once a month, but what is younger than two weeks at once.

    It is much the same story, told in a third of the time.
    """
    kept: list[Step] = []
    gathered: dict[tuple[str, int, int], list[Step]] = {}
    for step in steps:
        if step.do == "log" and step.at < now - RECENT:
            gathered.setdefault((step.who, step.at.year, step.at.month), []).append(step)
        else:
            kept.append(step)
    for (who, *_month), notes in gathered.items():
        kept.append(Step(notes[-1].at, who, "log_all", "", {"notes": notes}))
    return sorted(kept, key=lambda step: step.at)


def gather_people(steps: list[Step]) -> list[Step]:
    """Let whoever finds a company add those who were met there within the hour together."""
    kept: list[Step] = []
    met: dict[tuple[str, str], Step] = {}
    for step in steps:
        at = (step.who, step.values["company"]) if step.do == "create_contact" and step.values["company"] else None
        first = met.get(at) if at else None
        if first and step.at - first.at < dt.timedelta(hours=1):
            first.values["people"].append(step)
            continue
        if at:
            step = met[at] = Step(step.at, step.who, "create_contacts", "", {"people": [step]})
        kept.append(step)
    return kept


def _settle_events(now: dt.datetime) -> None:
    """Mark the past as dealt with, and tell people of the last days' news as the worker would have done.

    Events are stored as of when what they tell has happened: so dry runs and "why not" tell of weeks, not of the minute in
    which the workspace was filled. History keeps both times (H1), and what was known when follows from it alone (N8).
    """
    Event.objects.update(recorded_at=F("at"))
    fresh = Q(at__gte=now - FRESH)
    Event.objects.waiting().exclude(fresh).update(processed_at=now)
    for event in Event.objects.waiting().filter(fresh).order_by("id"):
        with dated_back(event.at):
            process(event.pk)


class Player:
    """Knows what each key of the story became, and how to do each kind of step."""

    def __init__(self, people: Mapping[str, User], rules: RulesAtWork) -> None:
        self.people, self.rules = people, rules
        self.actors = {
            source: {key: Actor.of(user, source) for key, user in people.items()} for source in ("demo", "page")
        }
        self.ids: dict[str, UUID] = {}
        self.addresses: dict[str, str] = {}
        self.companies: dict[str, Company] = {}
        self.versions: dict[str, int] = {}
        self.reasons = {reason.name: reason for reason in LostReason.objects.all()}
        self.stages: dict[str, dict[int | str, Stage]] = {}
        for stage in Stage.objects.usable().select_related("pipeline").order_by("pipeline__position", "position"):
            known = self.stages.setdefault("renewals" if stage.pipeline.position else "main", {})
            known[len(known) if stage.is_open else stage.kind_of] = stage
        self.pipelines: dict[str, str] = {}

    def play(self, steps: list[Step], *, now: dt.datetime) -> None:
        """Do the steps in order."""
        left = False
        for step in steps:
            if not left and step.at > now - OSKAR:
                left = True
                switch_off_oskar(self.people, at=now - OSKAR)
            do: Callable[..., None] = getattr(self, step.do)
            actors = self.actors["page" if step.at >= now - FRESH else "demo"]
            with dated_back(step.at):
                do(step, actors[step.who], dict(step.values))
            self.rules.act(step.at)

    def company(self, key: str | None) -> Company | None:
        """Return the company of a key."""
        return self.companies[key] if key else None

    def create_company(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Add a company with its domain, shared address and phone."""
        self.companies[step.key] = create_company(
            values={
                "name": told["name"],
                "industry": told["industry"],
                "size_band": SizeBand.of(told["people"]),
                "website": f"https://{told['domain']}/",
                "street": told["street"],
                "city": told["city"],
                "country": told["country"],
                "domains": [told["domain"]],
                "emails": [told["email"]],
                "phones": [told["phone"]],
                "parent": self.company(told["parent"]),
                "tags": told["tags"],
                "owner": actor.user,
                **company_values(step.key, told["people"], self.people),
            },
            actor=actor,
        )

    def create_contact(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Add a contact."""
        self.create_contacts(step, actor, {"people": [step]})

    def create_contacts(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Add those who were met together."""
        made = create_contacts(rows=[self._person(each) for each in told["people"]], actor=actor)
        for each, contact in zip(told["people"], made, strict=True):
            self.ids[each.key] = contact.pk
            self.addresses[each.key] = each.values["email"]

    def _person(self, step: Step) -> dict[str, Any]:
        told = step.values
        names = ("first_name", "last_name", "job_title", "city", "country", "language", "source", "tags")
        more = ("do_not_call", "do_not_email", "lifecycle", "lead_status", "description")
        values = {name: told[name] for name in (*names, *more) if name in told}
        values["company"] = self.company(told["company"])
        values["owner"] = self.people[told["owner"]] if told["owner"] else None
        values["emails"], values["phones"] = [told["email"]], [told["phone"]] if told["phone"] else []
        values["lead_score"] = told.get("score", 0)
        values |= contact_values(step.key)
        if told["consent"]:
            values |= {"consent_at": step.at, "consent_how": "Ticked on the web form", "consent_basis": "Consent"}
        return values

    def create_deal(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Add a deal with its people."""
        self.pipelines[step.key] = told["pipeline"]
        self.ids[step.key] = create_deal(
            title=told["title"],
            owner=actor.user,
            stage=self.stages[told["pipeline"]][0],
            company=self.company(told["company"]),
            contacts=[(self.ids[key], role) for key, role in told["people"]],
            amount=None if told["amount"] is None else Decimal(told["amount"]),
            currency=told["currency"],
            expected_close=told["expected_close"],
            source=told["source"],
            custom=deal_values(step.key, told["title"], step.at),
            actor=actor,
        ).pk

    def move_deal(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Take a deal to another stage."""
        move_deal(
            deal_id=self.ids[step.key],
            to_stage=self.stages[self.pipelines[step.key]][told["stage"]],
            lost_reason=self.reasons.get(told["reason"]),
            lost_comment=LOST_COMMENTS.get(told["reason"], ""),
            actor=actor,
        )

    def edit_deal(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Change the amount of a deal."""
        edit_deal(deal_id=self.ids[step.key], values={"amount": Decimal(told["amount"])}, actor=actor)

    def log(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Write down a call, mail, meeting or note."""
        log_activity(row=self._activity(told), actor=actor)

    def log_all(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Write up what was said in a month."""
        rows = [self._activity({**note.values, "at": note.at}) for note in told["notes"]]
        log_activities(rows=rows, actor=actor)

    def plan(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Plan a call or meeting."""
        self.ids[step.key] = log_activity(row=self._activity(told, done=False), actor=actor).pk

    def _activity(self, told: dict[str, Any], *, done: bool = True) -> ActivityRow:
        contacts = tuple(self.ids[key] for key in told.pop("contacts"))
        deal = told.pop("deal")
        return ActivityRow(**told, contact_ids=contacts, deal_id=self.ids[deal] if deal else None, done=done)

    def complete(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Close a planned activity."""
        complete_activity(activity_id=self.ids[step.key], outcome=told["outcome"], actor=actor)

    def create_task(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Add a task."""
        for name in ("deal", "contact"):
            key = told.pop(name)
            told[f"{name}_id"] = self.ids[key] if key else None
        assignee = told.pop("assignee", None)
        told["assignee_id"] = self.people[assignee].pk if assignee else None
        self.ids[step.key] = create_task(row=TaskRow(**told), actor=actor).pk

    def complete_task(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Tick a task off."""
        complete_task(task_id=self.ids[step.key], actor=actor)

    def lead_status(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Say how far one is with a lead."""
        change_lead_status(
            contact_id=self.ids[step.key], status=LeadStatus(told["status"]), reason=told["reason"], actor=actor
        )

    def return_lead(self, step: Step, actor: Actor, told: dict[str, Any]) -> None:
        """Let a known person ask again."""
        return_leads(rows=[{"emails": [self.addresses[step.key]]}], source=told["source"], actor=actor)
