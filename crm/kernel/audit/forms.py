"""What the audit page can be narrowed by."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.formats import day
from crm.kernel.core.widgets import DateInput
from crm.kernel.users.models import User

from .registry import command_labels
from .sets import DOORS
from .subjects import subjects


def _doors() -> list[tuple[str, Any]]:
    return [("", _("All")), *((key, capfirst(words)) for key, words in DOORS.items()), ("undo", _("Undo"))]


def _kinds() -> list[tuple[str, Any]]:
    listed = ((kind, capfirst(subject.words(2))) for kind, subject in subjects().items())
    return [("", _("All")), *listed]


def _commands() -> list[tuple[str, Any]]:
    return [("", _("All")), *sorted(command_labels.items(), key=lambda each: str(each[1]))]


class AuditFilter(forms.Form):
    """Who, by which door, what, on which kind of record, when, and whether it stands."""

    person = forms.ModelChoiceField(User.objects.none(), label=_("Who"), required=False, empty_label=_("Everybody"))
    kind = forms.ChoiceField(label=_("Record"), required=False, choices=_kinds)
    command = forms.ChoiceField(label=_("What"), required=False, choices=_commands)
    door = forms.ChoiceField(label=_("From where"), required=False, choices=_doors)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("stands", _("Not undone")), ("undone", _("Undone"))],
    )
    since = forms.DateField(label=_("From day"), required=False, widget=DateInput())
    until = forms.DateField(label=_("To day"), required=False, widget=DateInput())

    def __init__(self, *args: Any, everybody: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if everybody:
            self.fields["person"].queryset = User.objects.order_by("name", "pk")  # type: ignore[attr-defined]
        else:
            del self.fields["person"]

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (name, label, value in words) of each filter that is set."""
        return [(bound.name, str(bound.label), self._words(bound)) for bound in self if bound.data]

    @staticmethod
    def _words(bound: forms.BoundField) -> str:
        choices = getattr(bound.field, "choices", None)
        if choices is None:
            return day(parse_date(bound.data)) or str(bound.data)
        return next((str(words) for key, words in choices if str(key) == bound.data), str(bound.data))

    def clean_since(self) -> dt.datetime | None:
        """Return the beginning of the first day in the reader's zone."""
        return _midnight(self.cleaned_data.get("since"))

    def clean_until(self) -> dt.datetime | None:
        """Return the end of the last day."""
        day = self.cleaned_data.get("until")
        return _midnight(day + dt.timedelta(days=1)) if day is not None else None


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return timezone.make_aware(dt.datetime.combine(day, dt.time())) if day is not None else None
