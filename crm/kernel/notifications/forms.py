"""What people set about notifications."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.widgets import TimeInput

from .models import ByMail, QuietHours
from .registry import Topic


class ChoicesForm(forms.Form):
    """A tick and a way by mail for each kind, and the quiet hours."""

    starts = forms.TimeField(label=_("From"), required=False, widget=TimeInput())
    ends = forms.TimeField(label=_("Until"), required=False, widget=TimeInput())
    days_off = forms.BooleanField(label=_("Also on days off"), required=False)

    def __init__(
        self, *args: Any, choices: list[tuple[Topic, bool, str]], quiet: QuietHours | None, **kwargs: Any
    ) -> None:
        initial: dict[str, Any] = {}
        if quiet is not None:
            initial = {"starts": quiet.starts, "ends": quiet.ends, "days_off": quiet.days_off}
        for topic, in_app, by_mail in choices:
            initial |= {f"app_{topic.key}": in_app, f"mail_{topic.key}": by_mail}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.topics = [topic for topic, _app, _mail in choices]
        for topic in self.topics:
            self.fields[f"app_{topic.key}"] = forms.BooleanField(
                label=_("%(what)s: in the product") % {"what": topic.label},
                required=False,
                widget=forms.CheckboxInput(attrs={"class": "check"}),
            )
            self.fields[f"mail_{topic.key}"] = forms.ChoiceField(
                label=_("%(what)s: by e-mail") % {"what": topic.label},
                choices=ByMail.choices,
                widget=forms.Select(attrs={"class": "select"}),
            )

    @property
    def rows(self) -> list[tuple[Topic, forms.BoundField, forms.BoundField]]:
        """Return each kind with its two controls."""
        return [(topic, self[f"app_{topic.key}"], self[f"mail_{topic.key}"]) for topic in self.topics]

    def choices(self) -> dict[str, tuple[bool, str]]:
        """Return what was chosen, by kind."""
        data = self.cleaned_data
        return {topic.key: (data[f"app_{topic.key}"], data[f"mail_{topic.key}"]) for topic in self.topics}
