"""What the app tells the kernel about itself, and what it listens to."""

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from activities import events as work
from activities.models import Task
from contacts import events as people
from contacts.models import Company, Contact
from crm.kernel.audit.registry import allow_undo, follow_with, label_commands, recompute_with, stop_with
from crm.kernel.core.changes import Actor
from crm.kernel.events.bus import DomainEvent, consume, subscribe
from crm.kernel.listing.runs import register_work
from deals import events as deals
from deals.models import Deal

from . import leaving, merging, personal
from .engine.events import take_in
from .engine.loading import anybody
from .engine.times import follow, recheck
from .models import Rule, Trial
from .services.trials import WORK, perform
from .undoing import call_off, caused

KEY = "workflows"
# Every event that sets rules off or tells that a record left their conditions.
HEARD: tuple[type[DomainEvent], ...] = (
    deals.DealCreated, deals.DealChanged, deals.DealStageChanged, deals.DealWon, deals.DealLost, deals.DealReopened,
    people.ContactCreated, people.ContactChanged, people.LeadReturned, people.LeadStatusChanged,
    people.CompanyCreated, people.CompanyChanged,
)  # fmt: skip
# Those that may bring a due time forward.
TIMED: tuple[type[DomainEvent], ...] = (
    deals.DealCreated, deals.DealChanged, deals.DealReopened, deals.DealRestored, deals.DealLost, deals.DealBinned,
    people.ContactCreated,
    people.ContactChanged, people.ContactRestored, people.CompanyCreated, people.CompanyChanged, people.CompanyRestored,
    work.TaskCreated, work.TaskAssigned, work.TaskReopened, work.TaskChanged,
)  # fmt: skip
COMMANDS: dict[str, Any] = {
    "rules.create": _("added a rule"),
    "rules.save": _("changed the draft of a rule"),
    "rules.discard": _("threw the draft of a rule away"),
    "rules.rename": _("renamed a rule"),
    "rules.duplicate": _("copied a rule"),
    "rules.delete": _("deleted a rule"),
    "rules.transfer": _("gave a rule to somebody"),
    "rules.publish": _("published a rule"),
    "rules.pause": _("paused a rule"),
    "rules.resume": _("resumed a rule"),
    "rules.import": _("imported rules"),
    "rules.try": _("tried a rule on what has happened"),
    "rules.try_stop": _("stopped a dry run"),
    "rules.break": _("paused a rule that could not work"),
    "rules.start": _("started a rule by hand"),
    "runs.retry": _("tried runs again"),
    "runs.dismiss": _("dismissed runs"),
    "workflows.run": _("ran a rule"),
}


def connect() -> None:
    """Called when the app is ready."""
    label_commands(COMMANDS)
    follow_with(caused)
    stop_with(call_off)
    allow_undo(Rule, may_undo)
    for event in HEARD:
        consume(event, KEY, take_in, imports=True, undos=True, wants=anybody, in_own_name=True, many=True)
    for event in TIMED:
        subscribe(event, follow)
    for model in (Deal, Contact, Company, Task):
        recompute_with(model, partial(_recheck, model.kind))
    leaving.register()
    merging.register()
    personal.register()
    register_work(WORK, Trial, perform)


def may_undo(change: Any, actor: Actor) -> bool:
    """Say whether the actor may take back a change of a rule: of one that was theirs and is theirs (H2)."""
    rows = [each for each in (change.before, change.now) if each is not None]
    return actor.may("rules") and all(each["owner_id"] == actor.id and not each["as_house"] for each in rows)


def _recheck(kind: str, ids: Iterable[UUID]) -> None:
    recheck(kind, ids)
