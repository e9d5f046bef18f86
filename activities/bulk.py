"""What can be done to many tasks and activities, and tasks for each of many records."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from crm.kernel.core.widgets import DateInput, TimeInput
from crm.kernel.listing.bulk.actions import AssignAction, DeleteAction, OwnerForm, RestoreAction
from crm.kernel.listing.bulk.registry import Applied, BulkAction, BulkForm, register
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User
from deals.models import Deal

from .models import Activity, Task
from .services.changing import bin_activities, restore_activities
from .services.task_changes import bin_tasks, complete_tasks, reassign_tasks, reschedule_tasks, restore_tasks
from .services.tasks import TaskRow, create_tasks


class _TaskWords:
    """The toast's words for tasks."""

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d task changed", "%(count)d tasks changed", count) % {"count": count}


class CompleteTasks(_TaskWords, BulkAction):
    """Mark tasks as done."""

    key = "complete"
    label = gettext_lazy("Mark as done")
    short = gettext_lazy("Done")
    said = gettext_lazy("completed many tasks")
    icon = "check"
    order = 5
    submit = gettext_lazy("Mark as done")

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Complete them (R6)."""
        return Applied({task.pk for task in complete_tasks(task_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d task done", "%(count)d tasks done", count) % {"count": count}


class AssigneeForm(OwnerForm):
    """A task is always somebody's."""

    nobody = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].label = _("New assignee")


class ReassignTasks(_TaskWords, AssignAction):
    """Give tasks to somebody else."""

    label = gettext_lazy("Change assignee")
    short = gettext_lazy("Assignee")
    said = gettext_lazy("reassigned many tasks")
    submit = gettext_lazy("Change assignee")
    form = AssigneeForm
    told = gettext_lazy("%(who)s gave you %(count)d tasks")

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Reassign them (R6)."""
        return Applied({task.pk for task in reassign_tasks(task_ids=ids, assignee_id=values["owner"].pk, actor=actor)})


class DayForm(BulkForm):
    """The new day; a time of day stays."""

    due_on = forms.DateField(label=gettext_lazy("New day"), widget=DateInput)


class RescheduleTasks(_TaskWords, BulkAction):
    """Move tasks to another day."""

    key = "reschedule"
    label = gettext_lazy("Change the day")
    short = gettext_lazy("Day")
    said = gettext_lazy("rescheduled many tasks")
    icon = "calendar"
    order = 15
    submit = gettext_lazy("Change the day")
    form = DayForm

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Reschedule the open ones (R6)."""
        moved = reschedule_tasks(task_ids=ids, actor=actor, due_on=values["due_on"], keep_time=True)
        return Applied({task.pk for task in moved})


class DeleteTasks(_TaskWords, DeleteAction):
    """Put tasks into the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Bin them (R8)."""
        return Applied({task.pk for task in bin_tasks(task_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d task is in the bin", "%(count)d tasks are in the bin", count) % {"count": count}


class DeleteActivities(DeleteAction):
    """Put activities into the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Bin them (R8)."""
        return Applied({each.pk for each in bin_activities(activity_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        words = ngettext("%(count)d activity is in the bin", "%(count)d activities are in the bin", count)
        return words % {"count": count}


class RestoreTasks(RestoreAction):
    """Take tasks out of the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Restore them (R8)."""
        return Applied({task.pk for task in restore_tasks(task_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d task is back", "%(count)d tasks are back", count) % {"count": count}


class RestoreActivities(RestoreAction):
    """Take activities out of the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Restore them (R8)."""
        return Applied({each.pk for each in restore_activities(activity_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d activity is back", "%(count)d activities are back", count) % {"count": count}


class NewTaskForm(BulkForm):
    """One task for each record."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=Task.Type.choices, initial=Task.Type.TODO)
    due_on = forms.DateField(label=gettext_lazy("Due"), required=False, widget=DateInput)
    due_time = forms.TimeField(label=gettext_lazy("Time"), required=False, widget=TimeInput)
    assignee = forms.ModelChoiceField(
        label=gettext_lazy("Assignee"), queryset=User.objects.none(), required=False,
        empty_label=gettext_lazy("The owner of each record"),
    )  # fmt: skip
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Task.Priority.choices, coerce=int, initial=Task.Priority.NORMAL
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.owners()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A time needs its day."""
        if self.cleaned_data.get("due_time") and not self.cleaned_data.get("due_on"):
            self.add_error("due_on", _("Choose the day of this time."))
        return self.cleaned_data


class CreateTasks(BulkAction):
    """Make a task for each record: its owner's unless somebody is chosen."""

    key = "task"
    label = gettext_lazy("Add a task to each")
    short = gettext_lazy("Add task")
    said = gettext_lazy("added a task to many records")
    icon = "circle-check-big"
    order = 25
    verb = "view"
    submit = gettext_lazy("Add tasks")
    form = NewTaskForm
    column: ClassVar[str]

    def visible(self, actor: Actor) -> bool:
        """Making tasks follows the right to edit some (U2)."""
        return super().visible(actor) and not actor.scope("task", "edit").nothing

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Make the tasks (R6)."""
        chosen = values["assignee"]
        active = set(User.objects.active().values_list("pk", flat=True))
        owners = dict(self.rows().filter(pk__in=ids).values_list("pk", "owner_id"))
        day, rows = values["due_on"], []
        for pk in ids:
            row = TaskRow(
                title=values["title"], notes=values["notes"], type=values["type"], priority=values["priority"]
            )
            row.assignee_id = chosen.pk if chosen else owners[pk] if owners[pk] in active else actor.id
            row.due_on, row.due_time, row.remind = day, values["due_time"], day is not None
            setattr(row, self.column, pk)
            rows.append(row)
        create_tasks(rows=rows, actor=actor)
        return Applied(set(ids))

    def finished(self, run: Any, values: Mapping[str, Any], actor: Actor) -> None:
        """Tell each assignee once how many tasks they got."""
        made = history_of(Task).objects.filter(pgh_context=run.changeset_id).exclude(assignee=actor.id)
        counts = dict(made.values_list("assignee").annotate(Count("pgh_id")))
        notes = []
        for person in User.objects.active().filter(pk__in=counts):
            with override(person.locale):
                words = ngettext(
                    "%(who)s gave you a task: %(title)s",
                    "%(who)s gave you %(count)d tasks: %(title)s",
                    counts[person.pk],
                )
                text = words % {"who": actor.user.name, "count": counts[person.pk], "title": values["title"]}
            notes.append(Note(user_id=person.pk, topic="bulk_given", text=text, key=f"bulk:{run.pk}"))
        notify(notes)

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d task added", "%(count)d tasks added", count) % {"count": count}


class ContactTasks(CreateTasks):
    """A task for each contact."""

    column = "contact_id"


class CompanyTasks(CreateTasks):
    """A task for each company."""

    column = "company_id"


class DealTasks(CreateTasks):
    """A task for each deal."""

    column = "deal_id"


def connect() -> None:
    """Offer the actions on the lists of tasks and activities, and tasks for each on those of records."""
    register(*(each(Task) for each in (CompleteTasks, ReassignTasks, RescheduleTasks, DeleteTasks, RestoreTasks)))
    register(DeleteActivities(Activity), RestoreActivities(Activity))
    register(ContactTasks(Contact), CompanyTasks(Company), DealTasks(Deal))
