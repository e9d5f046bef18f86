"""Rules in a few words, and a worker that does at once what is due."""

import datetime as dt
from typing import Any

import pytest

from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.events.drain import drain_outbox
from deals.services import create_deal
from workflows.engine.due import work_due_runs, work_due_times
from workflows.engine.times import fill_in
from workflows.models import Rule
from workflows.services import create_rule, publish_rule

TASK = {"action": "create_task", "options": {"title": "Call"}}


def document(kind: str, *steps: Any, conditions: Any = None, options: Any = None, **more: Any) -> dict[str, Any]:
    """Return a rule's document."""
    trigger = {"kind": kind, "options": options or {}}
    return {"trigger": trigger, "conditions": conditions or {}, "steps": list(steps) or [TASK], **more}


def work() -> None:
    """Be the worker until nothing is left."""
    while drain_outbox() or work_due_runs():
        pass


def look() -> None:
    """Be beat: look at what is due, and work it off."""
    fill_in()
    work_due_times()
    work()


@pytest.fixture
def publish(manager):
    """Return a function that makes a rule of the manager's and puts it to work."""

    def make(
        kind: str, *steps: Any, owner: Any = None, name: str = "", include_existing: bool = False, **more: Any
    ) -> Rule:
        number = Rule.objects.count() + 1
        actor = Actor.of(owner or manager)
        rule = create_rule(name=name or f"Rule {number}", document=document(kind, *steps, **more), actor=actor)
        return publish_rule(rule_id=rule.pk, actor=actor, include_existing=include_existing)

    return make


@pytest.fixture
def stage(pipeline):
    """Return a function from a name to the stage of the first pipeline."""
    return lambda name: pipeline.stages.get(name=name)


@pytest.fixture
def new_deal(rep, pipeline):
    """Return a function that makes a deal of the rep's."""

    def make(title: str = "Renewal", *, actor: Any = None, owner: Any = None, **values: Any) -> Any:
        return create_deal(actor=Actor.of(actor or owner or rep), title=title, owner=owner or rep, **values)

    return make


@pytest.fixture
def new_lead(rep):
    """Return a function that makes a lead."""

    def make(last_name: str = "Lovelace", *, actor: Any = None, owner: Any = None, **values: Any) -> Any:
        given = {"last_name": last_name, "owner": owner, **values}
        return create_contact(values=given, actor=Actor.of(actor or rep))

    return make


@pytest.fixture
def company(rep):
    """A company in hardware."""
    return create_company(values={"name": "Harbour Tools", "industry": "Hardware", "owner": rep}, actor=Actor.of(rep))


def days(count: float) -> dt.timedelta:
    """Return so many days."""
    return dt.timedelta(days=count)
