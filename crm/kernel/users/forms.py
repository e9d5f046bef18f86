"""Forms of set-up, invitations, profile, people, teams and roles."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.core.widgets import DateInput, Switch
from crm.kernel.workspace.currencies import currency_choices
from crm.kernel.workspace.forms import zone_choices

from .leaving import Owned
from .models import Absence, Role, Team, User
from .policies import DEFAULTS, FLAGS, KINDS, LEVELS, VERBS

FORMATS = (("en", _("English, 1,234.50")), ("en-gb", _("English (UK), 1,234.50")))
KIND_WORDS = {
    "contact": _("Contacts"),
    "company": _("Companies"),
    "deal": _("Deals"),
    "activity": _("Activities"),
    "task": _("Tasks"),
    "report": _("Reports"),
}
VERB_WORDS = {"view": _("See"), "edit": _("Change"), "delete": _("Delete")}
LEVEL_WORDS = {"none": _("None"), "own": _("Own"), "team": _("Own team"), "all": _("All")}


class ZoneField(forms.ChoiceField):
    """A time zone, by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Time zone"), choices=zone_choices, **kwargs)


class PasswordField(forms.CharField):
    """A new password, checked against the rules for passwords."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(
            label=_("Password"), max_length=200, strip=False, widget=widget,
            help_text=_("At least 10 characters."), **kwargs,
        )  # fmt: skip


class NewPersonForm(forms.Form):
    """Name and password of somebody who will log in with them."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = PasswordField()

    def person(self) -> User:
        """Return the person as far as it is typed, for the check that the password is not their name."""
        return User(name=self.cleaned_data.get("name", ""), email=self.cleaned_data.get("email"))

    def clean(self) -> dict[str, Any]:
        """Check the password."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("password"):
            try:
                validate_password(data["password"], self.person())
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class SetupForm(NewPersonForm):
    """The first start: the workspace and its first admin (U6)."""

    workspace = forms.CharField(
        label=_("Company"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    base_currency = forms.ChoiceField(
        label=_("Base currency"), choices=currency_choices, initial="USD", help_text=_("Sums and reports are in it.")
    )
    timezone = ZoneField(initial="UTC", help_text=_("Days, months and quarters are cut here."))
    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class AcceptForm(NewPersonForm):
    """What an invited person fills in."""

    timezone = ZoneField()

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        self._person = person
        super().__init__(*args, **kwargs)

    def person(self) -> User:
        """Return the invited person with the typed name."""
        return User(name=self.cleaned_data.get("name", ""), email=self._person.email)


class PeopleChoice(forms.ModelChoiceField):
    """An active colleague."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.owners(), **kwargs)


class InviteForm(forms.Form):
    """Who is invited, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.all(), empty_label=None)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_("No team")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = Role.objects.filter(key="rep").first()


class PersonForm(forms.Form):
    """A person as an admin edits them."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.all(), empty_label=None)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_("No team")
    )
    timezone = ZoneField()
    delegate = PeopleChoice(label=_("Stands in"), required=False, empty_label=_("Nobody"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        names = ("name", "email", "role", "team", "timezone", "delegate")
        kwargs["initial"] = {name: getattr(person, name) for name in names}
        super().__init__(*args, **kwargs)
        self.fields["delegate"].queryset = User.objects.owners().exclude(pk=person.pk)  # type: ignore[attr-defined]


class ProfileForm(forms.Form):
    """What people set for themselves."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    timezone = ZoneField(help_text=_("Times are shown in it; reminders come at 9:00 there."))
    locale = forms.ChoiceField(label=_("Language and formats"), choices=FORMATS)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices, widget=forms.RadioSelect)
    delegate = PeopleChoice(
        label=_("Stands in for me"), required=False, empty_label=_("Nobody"),
        help_text=_("Who looks after your work while you are away."),
    )  # fmt: skip
    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"), required=False, widget=Switch,
        help_text=_("Keys such as N or G D. Ctrl K and other combinations always work."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        names = ("name", "timezone", "locale", "theme", "delegate", "single_keys")
        kwargs["initial"] = {name: getattr(person, name) for name in names}
        super().__init__(*args, **kwargs)
        self.fields["delegate"].queryset = User.objects.owners().exclude(pk=person.pk)  # type: ignore[attr-defined]


class AbsenceForm(forms.ModelForm):
    """Days away."""

    class Meta:
        model = Absence
        fields = ("starts_on", "ends_on")
        labels = {"starts_on": _("First day away"), "ends_on": _("Last day away")}
        widgets = {"starts_on": DateInput, "ends_on": DateInput}


class TeamForm(forms.Form):
    """A team: where it stands and who leads it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ModelChoiceField(
        label=_("Part of"), queryset=Team.objects.all(), required=False, empty_label=_("Nothing, it stands at the top")
    )
    manager = PeopleChoice(
        label=_("Manager"), required=False, empty_label=_("Nobody"),
        help_text=_("Sees and leads the team and all teams below it, as their role allows."),
    )  # fmt: skip

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        initial = {name: getattr(team, name) for name in ("name", "parent", "manager")} if team else {}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        if team is not None:
            self.fields["parent"].queryset = Team.objects.exclude(pk=team.pk)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """What a role may do: a level for each kind of record and verb, and rights (U2)."""

    name = forms.CharField(label=_("Name"), max_length=80)
    flags = forms.MultipleChoiceField(
        label=_("Further rights"),
        choices=[(key, capfirst(words)) for key, words in FLAGS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, role: Role | None = None, **kwargs: Any) -> None:
        levels = role.levels if role else DEFAULTS["rep"]["levels"]
        initial = {"name": role.name if role else "", "flags": role.flags if role else ["bulk"]}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        choices = [(level, LEVEL_WORDS[level]) for level in LEVELS]
        for kind in KINDS:
            for verb in VERBS:
                self.fields[f"{kind}-{verb}"] = forms.ChoiceField(
                    label=f"{VERB_WORDS[verb]}: {KIND_WORDS[kind]}",
                    choices=choices,
                    initial=levels[kind][verb],  # type: ignore[index]
                    widget=forms.Select(attrs={"class": "select-sm"}),
                )

    def rows(self) -> list[dict[str, Any]]:
        """Return the matrix of levels, a row for each kind of record."""
        return [{"label": KIND_WORDS[kind], "fields": [self[f"{kind}-{verb}"] for verb in VERBS]} for kind in KINDS]

    def levels(self) -> dict[str, dict[str, str]]:
        """Return the chosen levels as a role stores them."""
        return {kind: {verb: self.cleaned_data[f"{kind}-{verb}"] for verb in VERBS} for kind in KINDS}


class LeaveForm(forms.Form):
    """Who takes over each kind of open work of somebody who leaves (U4)."""

    NOBODY = "nobody"

    def __init__(self, *args: Any, person: User, work: list[tuple[Owned, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = list(User.objects.owners().exclude(pk=person.pk))
        self._by_id = {str(each.pk): each for each in colleagues}
        people = [("", _("Choose somebody")), *((key, each.name) for key, each in self._by_id.items())]
        heir = person.delegate or (person.team.manager if person.team else None)
        for owned, number in work:
            choices = [*people, (self.NOBODY, _("Nobody, it goes back to the queue"))] if owned.optional else people
            self.fields[owned.key] = forms.ChoiceField(
                label=str(owned.label),
                choices=choices,
                initial=str(heir.pk) if heir is not None and str(heir.pk) in self._by_id else "",
                help_text=ngettext("%(count)s to hand over", "%(count)s to hand over", number) % {"count": number},
            )

    def heirs(self) -> dict[str, User | None]:
        """Return who takes over, by kind of work."""
        return {key: self._by_id.get(value) for key, value in self.cleaned_data.items()}
