"""Rules of the sample workspace: two at work, one that somebody is still drafting; and what they did in its story."""

import datetime as dt
from bisect import insort
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from activities.models import Task
from activities.services.task_changes import complete_task
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from workflows.engine.events import take_in
from workflows.models import Rule, Run, Step
from workflows.services import create_rule, publish_rule
from workflows.subscribers import HEARD, KEY

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


STILL_OPEN = 5  # of so many tasks that rules make one is overdue by now, the others are done
NAMES = [each.name for each in HEARD]


class RulesAtWork:
    """Lets rules act while the story is told, as a worker would at once, and people do what rules have asked of them."""

    def __init__(self, *, since: dt.datetime, now: dt.datetime) -> None:
        self.since, self.now = since, now
        self.last = self.made = 0
        self.asked: list[tuple[dt.datetime, UUID]] = []

    def act(self, at: dt.datetime) -> None:
        """Let rules hear what has just happened."""
        if at < self.since:
            return
        self._finish_tasks(at)
        with dated_back(at):
            while events := list(
                Event.objects.waiting().filter(at__gte=self.since, pk__gt=self.last, name__in=NAMES).order_by("pk")
            ):
                take_in(events)
                ids = [each.pk for each in events]
                Event.objects.filter(pk__in=ids).update(done=[KEY])
                self._note_tasks(ids)
                self.last = ids[-1]

    def _note_tasks(self, event_ids: list[int]) -> None:
        steps = Step.objects.filter(run__event_id__in=event_ids, action="create_task").values_list(
            "result__task", flat=True
        )
        for task in Task.objects.filter(pk__in=list(steps)):
            self.made += 1
            done = dt.datetime.combine(task.due_on or self.now.date(), dt.time(15), Workspace.current().zone)
            if self.made % STILL_OPEN:
                insort(self.asked, (done, task.pk))

    def _finish_tasks(self, until: dt.datetime) -> None:
        while self.asked and self.asked[0][0] <= until:
            moment, pk = self.asked.pop(0)
            task = Task.objects.select_related("assignee").get(pk=pk)
            with dated_back(moment):
                complete_task(task_id=pk, actor=Actor.of(task.assignee, "demo"))

    @staticmethod
    def tell_when(news: dt.datetime) -> None:
        """Date runs like what set them off; what people were told before `news` they have read."""
        at = Event.objects.filter(pk=OuterRef("event_id")).values("at")[:1]
        Run.objects.filter(event_id__isnull=False).update(started_at=Subquery(at), finished_at=Subquery(at))
        Notification.objects.filter(at__lt=news, read_at=None).update(read_at=F("at"), mail_due_at=None)
