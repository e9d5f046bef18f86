"""What people type: the composer's tabs, an activity, a task, another time."""

import datetime as dt
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.remember import remembered
from crm.kernel.core.widgets import DateInput, TimeInput
from crm.kernel.users.models import User

from .models import Activity
from .services.recording import ActivityRow
from .services.tasks import TaskRow
from .timeline import Timeline

NOTHING = [("", "")]
AUTOMATIC = "auto"


def local_instant(day: dt.date, time: dt.time) -> dt.datetime:
    """Return the instant of a day and time where the person is."""
    return dt.datetime.combine(day, time, tzinfo=timezone.get_current_timezone())


def _owners() -> list[tuple[UUID, str]]:
    return list(User.objects.owners().values_list("pk", "name"))


_shown_owners = remembered(_owners)


def people_choices(actor: Actor, *, shown: bool = False) -> list[tuple[str, str]]:
    """Return the people who can be given open work, oneself first (U4); as of a few seconds ago if only `shown`."""
    names = _shown_owners() if shown else _owners()
    me = [(str(pk), str(_("%(name)s (me)") % {"name": name})) for pk, name in names if pk == actor.id]
    return me + [(str(pk), name) for pk, name in names if pk != actor.id]


class PeopleField(forms.MultipleChoiceField):
    """Some of the people offered: boxes to tick, or one chosen from a list where there are many."""

    def to_python(self, value: Any) -> list[str]:
        """Return what was chosen as a list, whatever the control."""
        return super().to_python([value] if isinstance(value, str) and value else value or [])


class LinkedForm(forms.Form):
    """Base of the composer's forms: to whom and to which deal it belongs."""

    type: ClassVar[str]
    save_label: ClassVar[Any]

    contacts = PeopleField(label=_("With"), required=False, widget=forms.CheckboxSelectMultiple())
    deal = forms.ChoiceField(label=_("Also on"), required=False)

    def __init__(self, *args: Any, timeline: Timeline, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"composer-{self.type}-%s")
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.actor = actor
        self.record = timeline.record
        self._offer_people(timeline)
        self._offer_deals(timeline)

    def _offer_people(self, timeline: Timeline) -> None:
        if self.record.kind == "contact" or not timeline.contacts:
            del self.fields["contacts"]
            return
        field = self.fields["contacts"]
        field.choices = [(str(pk), name) for pk, name in timeline.contacts]  # type: ignore[attr-defined]
        if self.record.kind == "deal":
            self.initial.setdefault("contacts", [str(timeline.contacts[0][0])])
        else:
            field.widget = forms.Select(choices=[("", _("nobody named")), *field.choices])  # type: ignore[attr-defined]

    def _offer_deals(self, timeline: Timeline) -> None:
        """Offer the open deals; the only one is chosen beforehand, several are left to a click (R5)."""
        if not timeline.deals:
            del self.fields["deal"]
            return
        offered = [(str(pk), title) for pk, title in timeline.deals]
        self.fields["deal"].choices = [("", _("No deal")), *offered]  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.initial.setdefault("deal", offered[0][0])

    def links(self) -> dict[str, Any]:
        """Return to what it is linked: always to the record whose page it is."""
        chosen = self.cleaned_data.get("deal")
        people = [UUID(pk) for pk in self.cleaned_data.get("contacts", ())]
        if self.record.kind == "contact":
            people = [self.record.pk]
        deal = self.record.pk if self.record.kind == "deal" else UUID(chosen) if chosen else None
        company = self.record.pk if self.record.kind == "company" else None
        return {"contact_ids": tuple(people), "deal_id": deal, "company_id": company, "infer_deal": False}


class EntryForm(LinkedForm):
    """Base of what becomes an activity."""

    body = forms.CharField(label=_("Text"), required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 2}))

    @property
    def uploads(self) -> list[Any]:
        """The files that came with it."""
        return self.files.getlist("files") if self.files else []

    def row(self) -> ActivityRow:
        """Return the activity to write."""
        return ActivityRow(type=self.type, body=self.cleaned_data["body"], **self.links())


class NoteForm(EntryForm):
    """A note; `@` mentions a colleague."""

    type = Activity.Type.NOTE
    save_label = _("Save note")
    placeholder = _("What happened? Type @ to mention a colleague")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].required = True
        self.fields["body"].error_messages["required"] = _("Write something first.")


class TimedForm(EntryForm):
    """Base of what happens at a time: now if none is given, planned if it is yet to come, all day without a time."""

    on = forms.DateField(label=_("Day"), required=False, widget=DateInput())
    time = forms.TimeField(label=_("Time"), required=False, widget=TimeInput())
    duration = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=0,
        validators=[MaxValueValidator(10_080)],
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    remind = forms.BooleanField(label=_("Then remind me in 3 days"), required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for the day of a time."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("time") and not data.get("on") and "on" not in self.errors:
            data["on"] = timezone.localdate()
        return data

    def row(self) -> ActivityRow:
        """Return the activity: done if its time has passed, else planned (R5)."""
        row = super().row()
        data = self.cleaned_data
        row.duration = data["duration"]
        row.subject = data.get("subject", "")
        row.direction = data.get("direction", "")
        row.outcome = data.get("outcome", "")
        if data["on"] is None:
            return row
        today = timezone.localdate()
        if data["time"] is None and data["on"] >= today and self.type == Activity.Type.MEETING:
            row.scheduled_on, row.done = data["on"], bool(row.outcome)
        elif data["time"] is None and data["on"] != today:
            row.scheduled_on, row.done = data["on"], data["on"] < today
        elif data["time"] is not None:
            at = local_instant(data["on"], data["time"])
            row.done = at <= timezone.now()
            row.scheduled_at, row.at = (None, at) if row.done else (at, None)
        if not row.done:
            row.outcome = ""
        return row

    def follow_up(self) -> TaskRow | None:
        """Return the task that reminds in three days, if it is asked for."""
        if not self.cleaned_data.get("remind"):
            return None
        links = self.links()
        people = links["contact_ids"]
        name = self.record.title if self.record.kind == "deal" else self.record.name
        return TaskRow(
            title=str(_("Follow up: %(name)s") % {"name": name})[:200],
            due_on=timezone.localdate() + dt.timedelta(days=3),
            remind=True,
            contact_id=people[0] if people else None,
            deal_id=links["deal_id"],
            company_id=links["company_id"],
        )


class CallForm(TimedForm):
    """A call."""

    type = Activity.Type.CALL
    save_label = _("Log call")
    placeholder = _("What was said?")

    direction = forms.ChoiceField(label=_("Direction"), choices=Activity.Direction.choices, required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[(c.value, c.label) for c in (Activity.Outcome.REACHED, Activity.Outcome.NO_ANSWER)],
        required=False,
    )


class EmailForm(TimedForm):
    """An e-mail that was sent or came in elsewhere."""

    type = Activity.Type.EMAIL
    save_label = _("Log e-mail")
    placeholder = _("What was written?")

    direction = forms.ChoiceField(label=_("Direction"), choices=Activity.Direction.choices, required=False)
    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)
    duration = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any]:
        """Ask for something to remember it by."""
        data = super().clean()
        data["duration"] = None
        if not data.get("subject") and not data.get("body") and not self.errors:
            self.add_error("subject", _("Type the subject or some text."))
        return data


class MeetingForm(TimedForm):
    """A meeting; without a time it takes all day."""

    type = Activity.Type.MEETING
    save_label = _("Save meeting")
    placeholder = _("What is it about, or what came out of it?")

    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)


class ComposerTaskForm(LinkedForm):
    """A task for this record."""

    type = "task"
    save_label = _("Add task")
    placeholder = _("What is to be done?")

    title = forms.CharField(label=_("What is to be done?"), max_length=200)
    on = forms.DateField(label=_("Due"), required=False, widget=DateInput())
    time = forms.TimeField(label=_("Time"), required=False, widget=TimeInput())
    assignee = forms.ChoiceField(label=_("Who"), required=False)
    remind = forms.BooleanField(label=_("Remind at 9:00 on the day"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = people_choices(self.actor, shown=not self.is_bound)  # type: ignore[attr-defined]
        self.fields.pop("contacts", None)

    def task(self) -> TaskRow:
        """Return the task to write."""
        data, links = self.cleaned_data, self.links()
        due = data["on"] or (timezone.localdate() if data["time"] else None)
        return TaskRow(
            title=data["title"],
            due_on=due,
            due_time=data["time"],
            assignee_id=UUID(data["assignee"]) if data["assignee"] else None,
            remind=data["remind"],
            contact_id=links["contact_ids"][0] if links["contact_ids"] else None,
            deal_id=links["deal_id"],
            company_id=links["company_id"],
        )


COMPOSER: dict[str, type[LinkedForm]] = {
    "note": NoteForm,
    "call": CallForm,
    "email": EmailForm,
    "meeting": MeetingForm,
    "task": ComposerTaskForm,
}
