"""Small forms of the pages: a new rule, its name, with whose rights it acts."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.kernel.users.models import User

from .actors import HOUSE_RIGHTS
from .models import Rule
from .services.trials import LONGEST
from .triggers import triggers
from .yamls import LARGEST


class NewRuleForm(forms.Form):
    """What a rule is called and what sets it off; all else is done on its page."""

    name = forms.CharField(label=_("Name"), max_length=120)
    trigger = forms.ChoiceField(label=_("When"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        groups: dict[str, list[tuple[str, Any]]] = {}
        for each in triggers():
            groups.setdefault(str(each.group), []).append((each.key, capfirst(str(each.label))))
        self.fields["trigger"].choices = list(groups.items())  # type: ignore[attr-defined]


PERIODS = ((7, _("last 7 days")), (30, _("last 30 days")), (90, _("last 90 days")))
CUSTOM = "custom"


class TrialForm(forms.Form):
    """The period of a dry run: the last days up to now, or days from and to, in the person's zone."""

    period = forms.ChoiceField(label=_("Period"), choices=[*PERIODS, (CUSTOM, _("days of my choice"))], initial="30")
    since = forms.CharField(label=_("From"), required=False, max_length=40)
    until = forms.CharField(label=_("To"), required=False, max_length=40)

    def day(self, name: str) -> dt.date | None:
        """Return a day that was typed; one that cannot be read is said beside its field."""
        try:
            day = dt.date.fromisoformat(self.cleaned_data.get(name, ""))
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year <= 2199:
            self.add_error(name, _("Choose a day, such as 2026-11-30."))
            return None
        return day

    def clean(self) -> dict[str, Any]:
        """Return `begins` and `ends`, two instants."""
        now, given = timezone.now(), self.cleaned_data
        if given.get("period") != CUSTOM:
            days = int(given["period"]) if given.get("period") else 0
            return given | {"begins": now - dt.timedelta(days=days), "ends": now}
        first, last = self.day("since"), self.day("until")
        if first is None or last is None:
            return given
        zone = timezone.get_current_timezone()
        begins = dt.datetime.combine(first, dt.time(), tzinfo=zone)
        ends = min(dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=zone), now)
        if first > last:
            self.add_error("until", _("The period ends before it begins."))
        elif begins >= now:
            self.add_error("since", _("This day has not come yet."))
        elif ends - begins > LONGEST:
            self.add_error("since", _("Choose a period of at most a year."))
        return given | {"begins": begins, "ends": ends}


class TextForm(forms.Form):
    """Rules as text: pasted, or out of a file, whose text then stands in the box."""

    text = forms.CharField(label=_("Rules"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 18}))
    file = forms.FileField(label=_("or a file"), required=False)

    def clean(self) -> dict[str, Any]:
        """Return the text; a file that was chosen takes the place of what was typed."""
        given: dict[str, Any] = self.cleaned_data
        upload = given.get("file")
        if upload:
            if upload.size > LARGEST:
                self.add_error("file", _("This file is too large."))
                return given
            try:
                given["text"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("This file is no text in UTF-8."))
                return given
        if not (given.get("text") or "").strip():
            self.add_error("text", _("Paste rules, or choose a file."))
        return given


class NameForm(forms.Form):
    """Name and purpose of a rule."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("What it is for"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


RIGHT_WORDS = {"view": _("see %(kind)s"), "edit": _("edit %(kind)s"), "delete": _("delete %(kind)s")}
KIND_WORDS = {
    "contact": _("contacts"),
    "company": _("companies"),
    "deal": _("deals"),
    "activity": _("activities"),
    "task": _("tasks"),
}
FLAG_WORDS = {
    "bulk": _("change many records at once"),
    "date_back": _("date back"),
    "export": _("send fields of records out"),
    "rules": _("call webhooks"),
}


def right_choices() -> list[tuple[str, str]]:
    """Return the rights that can be named for a rule of the house, in words."""
    found = []
    for right in HOUSE_RIGHTS:
        kind, _dot, verb = right.partition(".")
        words = RIGHT_WORDS[verb] % {"kind": KIND_WORDS[kind]} if verb else FLAG_WORDS[kind]
        found.append((right, str(words)[:1].upper() + str(words)[1:]))
    return found


class OwnerForm(forms.Form):
    """With whose rights a rule acts (W9): a person's, or named ones of the house. Only admins see the house."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False)
    as_house = forms.BooleanField(
        label=_("Acts as the house"),
        required=False,
        help_text=_("With the rights named below instead of a person's, so that it goes on when people leave."),
    )
    house_rights = forms.MultipleChoiceField(
        label=_("Rights of the house"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, rule: Rule, admin: bool, **options: Any) -> None:
        options["initial"] = {"owner": rule.owner, "as_house": rule.as_house, "house_rights": rule.house_rights}
        super().__init__(*args, **options)
        if admin:
            people = [each.pk for each in User.objects.active().select_related("role") if each.may("rules")]
            self.fields["owner"].queryset = User.objects.filter(pk__in=people).order_by("name")  # type: ignore[attr-defined]
            self.fields["house_rights"].choices = right_choices()  # type: ignore[attr-defined]
        else:
            del self.fields["as_house"], self.fields["house_rights"], self.fields["owner"]

    def clean(self) -> dict[str, Any]:
        """Ask for an owner, unless the rule acts as the house."""
        values: dict[str, Any] = super().clean() or {}
        if "owner" in self.fields and not values.get("as_house") and not values.get("owner"):
            self.add_error("owner", _("Choose an owner."))
        return values
