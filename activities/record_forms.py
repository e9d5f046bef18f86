"""Forms of one activity or one task on its own: new, edit, another time, another person."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.widgets import DateInput, DateTimeInput, TimeInput, TypeaheadInput

from .forms import people_choices
from .models import Activity, Task
from .places import MODELS
from .services.recording import PLANNABLE, ActivityRow
from .services.tasks import TaskRow

LINKS = (("contact", _("Contact")), ("deal", _("Deal")), ("company", _("Company")))


class RecordField(forms.UUIDField):
    """The id of a contact, company or deal that the person may see; anything else is refused beside the field (U3)."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        widget = TypeaheadInput("activities:record_options", kwargs={"kind": kind}, label_for=self._label)
        super().__init__(required=False, widget=widget, **kwargs)
        self.actor: Actor | None = None
        self.known: Any = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "RecordField":
        """Copy the field for one form; its control asks the copy for names, not the original."""
        copied: RecordField = super().__deepcopy__(memo)
        copied.widget.label_for = copied._label
        return copied

    def _label(self, value: Any) -> str:
        """Return the name of a record that the person may see."""
        if self.known is not None and str(self.known.pk) == str(value):
            return str(self.known)
        try:
            found = self._find(value)
        except (ValueError, ValidationError):
            return ""
        return str(found) if found is not None else ""

    def _find(self, value: Any) -> Any:
        return MODELS[self.kind].objects.visible_to(self.actor).filter(pk=UUID(str(value))).first()

    def clean(self, value: Any) -> UUID | None:
        """Return the id, or raise ValidationError if there is no such record."""
        pk: UUID | None = super().clean(value)
        if pk is not None and self._find(pk) is None:
            raise ValidationError(_("Choose one from the list."))
        return pk


class SeenForm(forms.Form):
    """Base of forms that edit: they carry the values that the person started from, for conflicts by field (P3)."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.actor = actor
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if isinstance(field, RecordField):
                field.actor = actor
                if name in self.initial and not isinstance(self.initial[name], (UUID, str, type(None))):
                    field.known = self.initial[name]
                    self.initial[name] = field.known.pk

    def hidden_initials(self) -> SafeString:
        """Return the values that the person started from, as hidden fields."""
        return format_html_join("", "{}", ((bound.as_hidden(only_initial=True),) for bound in self))

    def seen(self) -> dict[str, Any]:
        """Return the values that the person started from, as the service compares them."""
        values = {}
        for name, field in self.fields.items():
            raw = field.hidden_widget().value_from_datadict(self.data, self.files, self.add_initial_prefix(name))
            if raw is not None:
                try:
                    values[name] = field.to_python(raw)
                except ValidationError:
                    continue
        return values

    def changes(self, names: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the person changed, and what it was when they began, by the service's names for the fields."""
        seen = self.seen()
        changed = {model: self.cleaned_data[form] for form, model in names.items() if form in self.changed_data}
        return changed, {model: seen[form] for form, model in names.items() if form in seen}


class TaskForm(SeenForm):
    """A task, new or changed (R6)."""

    title = forms.CharField(label=_("What is to be done?"), max_length=200)
    on = forms.DateField(label=_("Due"), required=False, widget=DateInput())
    time = forms.TimeField(label=_("Time"), required=False, widget=TimeInput())
    assignee = forms.ChoiceField(label=_("Who"))
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Task.Priority.choices, coerce=int)
    type = forms.ChoiceField(label=_("Kind"), choices=Task.Type.choices)
    remind = forms.BooleanField(label=_("Remind on the day at 9:00"), required=False)
    contact = RecordField("contact", label=_("Contact"))
    deal = RecordField("deal", label=_("Deal"))
    company = RecordField("company", label=_("Company"))
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, actor: Actor, keep: tuple[UUID, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        choices = people_choices(actor)
        if keep is not None and str(keep[0]) not in dict(choices):
            choices.append((str(keep[0]), keep[1]))
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the day of a time, and for the day of a reminder."""
        data: dict[str, Any] = super().clean() or {}
        if "on" not in self.errors and not data.get("on"):
            if data.get("time"):
                self.add_error("on", _("Choose the day as well."))
            elif data.get("remind"):
                data["remind"] = False
        return data

    def row(self) -> TaskRow:
        """Return the task to write."""
        data = self.cleaned_data
        return TaskRow(
            title=data["title"],
            notes=data["notes"],
            type=data["type"],
            priority=data["priority"],
            due_on=data["on"],
            due_time=data["time"],
            assignee_id=UUID(data["assignee"]),
            remind=data["remind"],
            contact_id=data["contact"],
            deal_id=data["deal"],
            company_id=data["company"],
        )

    NAMES = {
        "title": "title",
        "notes": "notes",
        "type": "type",
        "priority": "priority",
        "contact": "contact_id",
        "deal": "deal_id",
        "company": "company_id",
    }


def task_initial(task: Task) -> dict[str, Any]:
    """Return a task's values for its form; times are the assignee's."""
    return {
        "title": task.title,
        "on": task.due_on,
        "time": task.due_at.astimezone(task.assignee.zone).time() if task.due_at else None,
        "assignee": str(task.assignee_id),
        "priority": task.priority,
        "type": task.type,
        "remind": task.remind_at is not None,
        "contact": task.contact,
        "deal": task.deal,
        "company": task.company,
        "notes": task.notes,
    }


class WhenForm(forms.Form):
    """Another day, and a time if it matters."""

    on = forms.DateField(label=_("Day"), widget=DateInput())
    time = forms.TimeField(label=_("Time"), required=False, widget=TimeInput())


class ActivityForm(SeenForm):
    """What can be changed of an activity (R5). A planned one is moved by Reschedule."""

    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)
    body = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 5, "data-mentions": ""}),
    )
    at = forms.DateTimeField(label=_("When"), required=False, widget=DateTimeInput())
    duration = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=0, validators=[MaxValueValidator(10_080)]
    )
    direction = forms.ChoiceField(
        label=_("Direction"), choices=[("", "-"), *Activity.Direction.choices], required=False
    )
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    deal = RecordField("deal", label=_("Deal"))

    OUTCOMES = {
        "call": (Activity.Outcome.REACHED, Activity.Outcome.NO_ANSWER, Activity.Outcome.CANCELLED),
        "meeting": (Activity.Outcome.HELD, Activity.Outcome.NO_SHOW, Activity.Outcome.CANCELLED),
    }
    NAMES = {
        "subject": "subject",
        "body": "body",
        "at": "at",
        "duration": "duration",
        "direction": "direction",
        "outcome": "outcome",
        "deal": "deal_id",
    }

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = activity.type
        outcomes = self.OUTCOMES.get(kind, ())
        self.fields["outcome"].choices = [("", "-"), *((o.value, o.label) for o in outcomes)]  # type: ignore[attr-defined]
        unused = {
            "subject": kind not in (Activity.Type.EMAIL, Activity.Type.MEETING),
            "direction": kind not in (Activity.Type.CALL, Activity.Type.EMAIL),
            "outcome": not outcomes or activity.completed_at is None,
            "duration": kind not in (Activity.Type.CALL, Activity.Type.MEETING),
            "at": activity.completed_at is None,
        }
        for name, drop in unused.items():
            if drop:
                del self.fields[name]

    def clean_at(self) -> dt.datetime | None:
        """Keep the seconds of a moment that was not changed: the control knows minutes only."""
        at: dt.datetime | None = self.cleaned_data["at"]
        if at is None:
            raise ValidationError(_("Choose when it was."))
        return at


def activity_initial(activity: Activity) -> dict[str, Any]:
    """Return an activity's values for its form."""
    return {
        "subject": activity.subject,
        "body": activity.body,
        "at": timezone.localtime(activity.at).replace(second=0, microsecond=0),
        "duration": activity.duration,
        "direction": activity.direction,
        "outcome": activity.outcome,
        "deal": activity.deal,
    }


class NewActivityForm(forms.Form):
    """Log a call, e-mail, meeting or note from anywhere: with whom, what, when."""

    type = forms.ChoiceField(
        label=_("Kind"), choices=[(t.value, t.label) for t in Activity.Type if t != Activity.Type.SYSTEM]
    )
    contact = RecordField("contact", label=_("With"))
    deal = RecordField("deal", label=_("Deal"))
    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)
    body = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 4, "data-mentions": ""}),
    )
    at = forms.DateTimeField(
        label=_("When"),
        required=False,
        widget=DateTimeInput(),
        help_text=_("Now, unless you choose a time. One that is yet to come plans it."),
    )
    duration = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=0, validators=[MaxValueValidator(10_080)]
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for field in self.fields.values():
            if isinstance(field, RecordField):
                field.actor = actor

    def clean(self) -> dict[str, Any]:
        """Ask for something to remember it by: a person, a deal, or words."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("contact", "deal", "subject", "body")):
            self.add_error("contact", _("Say with whom it was, or write something."))
        return data

    def row(self) -> ActivityRow:
        """Return the activity: done if its time has passed, else planned (R5)."""
        data = self.cleaned_data
        at = data["at"]
        later = at is not None and at > timezone.now() and data["type"] in PLANNABLE
        return ActivityRow(
            type=data["type"],
            subject=data["subject"],
            body=data["body"],
            contact_ids=(data["contact"],) if data["contact"] else (),
            deal_id=data["deal"],
            duration=data["duration"],
            done=not later,
            at=None if later else at,
            scheduled_at=at if later else None,
        )
