"""The action that makes a task."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.models import Task
from activities.services.tasks import TaskRow, create_tasks
from crm.kernel.core.errors import Refused
from workflows.conditions import RuleContext
from workflows.fields import RuleField
from workflows.options import Option

from .base import Action, Drafted, Performing, Plan
from .people import MANAGER, OWNER, PERSON, RULE_OWNER, WHO, meant, person_option
from .people import words as who_words
from .texts import check_text, fields_in, filled


class CreateTask(Action):
    """Make a task for somebody, linked to the record."""

    key = "create_task"
    label = gettext_lazy("Create a task")
    icon = "circle-check"
    changes_records = False
    together = True
    options = (
        Option(key="title", label=gettext_lazy("Title"), type="merge_text", required=True, most=200),
        Option(key="notes", label=gettext_lazy("Notes"), type="merge_text", most=5_000),
        Option(key="type", label=gettext_lazy("Kind"), type="choice", default="todo", choices=tuple(Task.Type.choices)),
        Option(
            key="priority", label=gettext_lazy("Priority"), type="choice", default="2",
            choices=tuple((str(key), label) for key, label in Task.Priority.choices),
        ),
        Option(key="due_days", label=gettext_lazy("Due in days"), type="number", default=1, most=3650),
        Option(
            key="due_calendar", label=gettext_lazy("Count"), type="choice", default="calendar",
            choices=(("calendar", gettext_lazy("all days")), ("working", gettext_lazy("working days"))),
        ),
        Option(key="due_time", label=gettext_lazy("At"), type="time"),
        Option(key="remind", label=gettext_lazy("Remind on the day"), type="yes_no", default=True),
        Option(
            key="who", label=gettext_lazy("For"), type="choice", default=OWNER,
            choices=tuple(each for each in WHO if each[0] in (OWNER, MANAGER, PERSON, RULE_OWNER)),
        ),
        person_option(required=True),
    )  # fmt: skip

    def check(self, drafted: Drafted) -> None:
        """The texts name fields that exist; without a record there is no owner."""
        check_text(drafted, "title")
        check_text(drafted, "notes")
        if not drafted.kind and drafted.options["who"] in (OWNER, MANAGER):
            drafted.fail("who", _("A rule without a record has no owner of a record."))
        if drafted.options["who"] == RULE_OWNER and drafted.context.actor.user is None:
            drafted.fail("who", _("The house has no person; choose a colleague."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the fields of the texts."""
        return fields_in([options.get("title") or "", options.get("notes") or ""], kind)

    def plan(self, step: Performing) -> Plan:
        """Return the task."""
        people = meant(step, step.options["who"])
        if not people:
            raise Refused(
                _("There is nobody to give the task to: %(who)s.")
                % {"who": who_words(step.options, step.options["who"])}
            )
        person = people[0]
        due = self._due(step, person.pk)
        title = filled(step.options["title"], step.snapshot, step.context, step.kind)[:200] or _("Follow up")
        data = {
            "title": title,
            "assignee_id": str(person.pk),
            "due_on": due.isoformat(),
            "contact_id": _text(self._person(step)),
            "company_id": _text(step.link("company")),
            "deal_id": _text(step.link("deal")),
        }
        words = _("Task “%(title)s” for %(name)s") % {"title": title, "name": person.name}
        return Plan(words, data, kept=_("Task for %(name)s") % {"name": person.name})

    @staticmethod
    def _person(step: Performing) -> UUID | None:
        """Return the contact to link: a deal's person whom the rule may not see is left out, the task is made all the same."""
        pk = step.link("contact")
        if pk is None or step.kind == "contact":
            return pk
        return pk if step.sees_contact(pk) else None

    def _due(self, step: Performing, person: UUID) -> dt.date:
        calendar = step.calendar(person)
        today = step.context.now.astimezone(calendar.zone(person)).date()
        days = int(step.options["due_days"])
        if step.options["due_calendar"] == "working" and days:
            return calendar.after(person, today, days - 1, working=True)
        return today + dt.timedelta(days=days)

    def do(self, step: Performing, plan: Plan) -> dict[str, Any] | None:
        """Make it through the service of tasks."""
        (result,) = self.do_together([(step, plan)])
        return result

    def do_together(self, steps: Sequence[tuple[Performing, Plan]]) -> list[dict[str, Any] | None]:
        """Make all of them through the service of tasks."""
        if not steps:
            return []
        made = create_tasks(rows=[self._row(step, plan) for step, plan in steps], actor=steps[0][0].actor)
        return [{"task": str(task.pk)} for task in made]

    def _row(self, step: Performing, plan: Plan) -> TaskRow:
        time = step.options.get("due_time")
        return TaskRow(
            title=plan.data["title"],
            notes=filled(step.options.get("notes") or "", step.snapshot, step.context, step.kind),
            type=step.options["type"],
            priority=int(step.options["priority"]),
            due_on=dt.date.fromisoformat(plan.data["due_on"]),
            due_time=dt.time.fromisoformat(time) if time else None,
            remind=step.options["remind"],
            assignee_id=UUID(plan.data["assignee_id"]),
            contact_id=UUID(plan.data["contact_id"]) if plan.data["contact_id"] else None,
            company_id=step.link("company"),
            deal_id=step.link("deal"),
        )

    def needs(self, kind: str) -> str:
        """Tasks are made by whoever may edit tasks."""
        return "task"

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A task that is not done in time."""
        return ("task.created",)

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        days = int(options.get("due_days") or 0)
        if not days:
            when = _("due today")
        elif options.get("due_calendar") == "working":
            when = ngettext("due in %d working day", "due in %d working days", days) % days
        else:
            when = ngettext("due in %d day", "due in %d days", days) % days
        who = who_words(options, options["who"])
        return _("create the task “%(title)s” for %(who)s, %(when)s") % {
            "title": options.get("title") or "", "who": who, "when": when,
        }  # fmt: skip


def _text(pk: UUID | None) -> str | None:
    return str(pk) if pk is not None else None
