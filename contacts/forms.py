"""Forms of contacts and companies. They read what was typed; the rules are in the services.

A form sends along what its person saw (`seen`, `version`), so that only what they changed is saved, and a field that
somebody else has changed meanwhile is shown with both values (P3).
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.widgets import DateInput, TagsInput, TypeaheadInput
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.customfields.forms import CustomFieldsForm, shown_value
from crm.kernel.listing.filters import suggested_tags
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from .countries import COUNTRIES, region_of
from .lists import company_name
from .models import Company, Contact, LeadStatus, Lifecycle, SizeBand
from .services.children import CHILDREN, read_values
from .services.drafts import AddressTaken
from .services.writing import home_region
from .widgets import ManyInput

PHONE_KINDS = (_("Mobile"), _("Office"), _("Home"))
# Stages that a person may choose; the others follow from deals (R4).
CHOSEN_STAGES = (Lifecycle.LEAD, Lifecycle.OTHER, Lifecycle.CHURNED)


class CountryInput(forms.TextInput):
    """A country, with the known ones as suggestions."""

    template_name = "contacts/widgets/suggested.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the names of all countries."""
        return {**super().get_context(name, value, attrs), "suggestions": sorted(COUNTRIES.values())}


class LinesField(forms.CharField):
    """Several texts, one a line; the value is a list."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        """Return the lines of a list."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not empty; a web address without a scheme gets one."""
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        return [line if "://" in line else f"https://{line}" for line in lines]


class RecordForm(CustomFieldsForm):
    """Base of the forms of one record. `fields` of the subclass are columns or rows of `model`; custom ones come to them."""

    model: type[Any]
    # Which form field names the typed text of a typeahead that stands for a new company.
    new_company = ""

    def __init__(self, *args: Any, actor: Actor, record: Any = None, only: Iterable[str] = (), **kwargs: Any) -> None:
        """`record` is the one that is edited; `only` keeps just these fields (a value edited in its place)."""
        self.actor = actor
        self.record = record
        initial = {**(values_of(record) if record is not None else {}), **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.custom_kind = self.model.kind
        self.add_custom(actor, record)
        wanted = list(only)
        for name in [name for name in self.fields if wanted and name not in wanted]:
            del self.fields[name]
        if "owner" in self.fields:
            self.fields["owner"].choices = owner_choices(record)  # type: ignore[attr-defined]
        if "tags" in self.fields:
            rows = self.model.objects.visible_to(actor).live()
            self.fields["tags"].widget.suggestions = lambda: suggested_tags(rows)
        for name in ("company", "parent"):
            if name in self.fields:
                self.fields[name].widget.label_for = self._company_label
        self.clashes: list[Any] = []
        self.conflicts: list[dict[str, Any]] = []

    def _company_label(self, key: Any) -> str:
        try:
            return company_name(self.actor, UUID(str(key))) or ""
        except ValueError:
            return ""

    # What the person saw -------------------------------------------------------------------------------------------
    @property
    def version(self) -> int | None:
        """The version that the person saw, None for a new record."""
        if self.record is None:
            return None
        text = str(self.data.get("version") or "") if self.is_bound and not self.conflicts else ""
        return int(text) if text.isdecimal() and len(text) < 10 else self.record.version

    @property
    def seen_json(self) -> str:
        """What the person saw, for the hidden input: what they sent back, or the values of the record."""
        if self.is_bound and not self.conflicts and self.data.get("seen"):
            return str(self.data["seen"])
        stored = {name: plain(value) for name, value in stored_of(self.record, self.fields).items()}
        return json.dumps(stored | self.custom_seen())

    def _seen(self) -> dict[str, Any]:
        try:
            seen = json.loads(self.data.get("seen") or "{}")
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    def changes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values that the person changed, and what they saw there, both as the services take them."""
        seen = self._seen() if self.record is not None else {}
        values, before = self.custom_changes(seen)
        for name, field in self.fields.items():
            if name.startswith(PREFIX):
                continue
            if self.record is not None and field.widget.value_omitted_from_data(self.data, self.files, name):
                continue  # a field that was not on the form is not emptied
            value = self.cleaned_data.get(name)
            if name in seen and plain(self._as_stored(name, value)) == seen[name] and not self._relabelled(name, value):
                continue
            values[name] = value
            if name in seen:
                column, old = self._column_value(name, seen[name])
                before[column] = old
        return values, before

    def _as_stored(self, name: str, value: Any) -> Any:
        if name in CHILDREN[self.model]:
            country = self.cleaned_data.get("country", getattr(self.record, "country", ""))
            return read_values(name, value, region_of(country or "") or home_region())
        return value

    def _relabelled(self, name: str, value: Any) -> bool:
        """Say whether the kinds of numbers (mobile, office) differ from the stored ones."""
        if name not in CHILDREN[self.model] or not CHILDREN[self.model][name].labelled:
            return False
        return [row.label for row in children_of(self.record, name)] != [label for _text, label in value]

    def _column_value(self, name: str, old: Any) -> tuple[str, Any]:
        if name in CHILDREN[self.model]:
            return name, old if isinstance(old, list) else []
        column = self.model._meta.get_field(name)
        try:
            return column.attname, column.to_python(old if old != "" or isinstance(column, models.CharField) else None)
        except ValidationError:
            return column.attname, None

    @property
    def more_open(self) -> bool:
        """True if something in the folded part has an error, so that it must be seen."""
        return any(name in self.errors for name in list(self.fields)[8:]) if self.is_bound else False

    @property
    def company_text(self) -> str:
        """The typed name of a company that is not chosen from the list."""
        name = self.new_company
        return str(self.data.get(f"{name}_text") or "")[:200] if name and not self.cleaned_data.get(name) else ""

    # Errors --------------------------------------------------------------------------------------------------------
    def refuse(self, error: Refused) -> None:
        """Show what a service refused: beside the field, or above the form."""
        self.clashes = error.clashes if isinstance(error, AddressTaken) else []
        shown = False
        for name, message in error.fields.items():
            field = name if name in self.fields else name.removesuffix("_id")
            self.add_error(field if field in self.fields else None, message)
            shown = True
        if not shown:
            self.add_error(None, error.message)

    def show_conflict(self, theirs: Mapping[str, Any]) -> None:
        """Show the fields that somebody else has changed meanwhile; saving again then keeps one's own values."""
        self.record.refresh_from_db()
        for column, values in theirs.get("fields", {}).items():
            name = column if column.startswith(PREFIX) else column.removesuffix("_id")
            label = self.fields[name].label if name in self.fields else name
            self.conflicts.append({"label": label, "theirs": self._shown(name, values["theirs"])})

    def _shown(self, name: str, value: Any) -> str:
        if name.startswith(PREFIX):
            return shown_value(self.model.kind, name, value)
        if isinstance(value, UUID):
            related = getattr(self.record, name, None)
            return str(related) if related is not None else ""
        if isinstance(value, list):
            return ", ".join(str(each) for each in value)
        return str(value) if value not in (None, "") else str(_("nothing"))


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return str(value)


def stored_of(record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the stored values of a record's fields; of addresses and numbers their texts, primary first."""
    found: dict[str, Any] = {}
    for name in names if record is not None else ():
        if name.startswith(PREFIX):
            continue
        if name in CHILDREN[type(record)]:
            found[name] = [str(row) for row in children_of(record, name)]
        else:
            column = type(record)._meta.get_field(name)
            found[name] = getattr(record, column.attname)
    return found


def children_of(record: Any, name: str) -> list[Any]:
    """Return a record's addresses, numbers or domains, the primary one first; asked for once per record."""
    kept = record.__dict__.setdefault("_children", {})
    if name not in kept:
        order = ["-primary", "pk"] if CHILDREN[type(record)][name].primary else ["pk"]
        kept[name] = list(getattr(record, name).order_by(*order))
    return list(kept[name])


def values_of(record: Any) -> dict[str, Any]:
    """Return a record's values as the form shows them."""
    values = {each.name: getattr(record, each.attname) for each in record._meta.concrete_fields}
    if values.get("consent_at"):
        values["consent_at"] = Workspace.current().day_of(values["consent_at"])
    for name in CHILDREN[type(record)]:
        rows = children_of(record, name)
        show = formats.phone if name == "phones" else str
        values[name] = [(show(str(row)), getattr(row, "label", "")) for row in rows]
    return values


def owner_choices(record: Any = None) -> list[tuple[str, Any]]:
    """Return the colleagues who can log in, and the present owner."""
    people = dict(User.objects.owners().values_list("pk", "name"))
    if record is not None and record.owner_id and record.owner_id not in people:
        people[record.owner_id] = str(record.owner)
    return [("", _("Nobody")), *((str(pk), name) for pk, name in people.items())]


def _text(model: type[models.Model], name: str, **options: Any) -> forms.CharField:
    column: Any = model._meta.get_field(name)
    return forms.CharField(label=options.pop("label", column.verbose_name.capitalize()), required=False, **options)


def _about(model: type[models.Model]) -> forms.CharField:
    return _text(model, "description", widget=forms.Textarea(attrs={"rows": 3}))


class ContactForm(RecordForm):
    """All fields of a contact (R2) that a person types."""

    model = Contact
    new_company = "company"

    first_name = _text(Contact, "first_name")
    last_name = _text(Contact, "last_name")
    emails = forms.Field(label=_("E-mail"), required=False, widget=ManyInput(kind="email"))
    phones = forms.Field(label=_("Phone"), required=False, widget=ManyInput(kind="tel", labels=PHONE_KINDS))
    company = forms.CharField(
        label=_("Company"), required=False, widget=TypeaheadInput("contacts:company_options", new=True)
    )
    job_title = _text(Contact, "job_title")
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    source = _text(Contact, "source", help_text=_("Where we know them from, such as Trade fair"))
    tags = forms.Field(label=_("Tags"), required=False, widget=TagsInput)
    middle_name = _text(Contact, "middle_name")
    street = _text(Contact, "street")
    postal_code = _text(Contact, "postal_code")
    city = _text(Contact, "city")
    region = _text(Contact, "region")
    country = _text(Contact, "country", widget=CountryInput)
    language = _text(Contact, "language")
    links = LinesField(label=_("Links"), required=False, help_text=_("One a line, such as a LinkedIn page"))
    lead_score = forms.IntegerField(label=_("Score"), required=False)
    do_not_email = forms.BooleanField(label=_("Do not e-mail"), required=False)
    do_not_call = forms.BooleanField(label=_("Do not call"), required=False)
    consent_at = forms.DateField(label=_("Consent given on"), required=False, widget=DateInput)
    consent_how = _text(Contact, "consent_how")
    consent_basis = _text(Contact, "consent_basis")
    description = _about(Contact)

    def clean_consent_at(self) -> dt.datetime | None:
        """Return the instant of a date: noon in the workspace's zone (R1), or the stored one of that day."""
        day = self.cleaned_data["consent_at"]
        if day is None:
            return None
        stored = self.record.consent_at if self.record is not None else None
        workspace = Workspace.current()
        return stored if stored is not None and workspace.day_of(stored) == day else workspace.noon(day)

    def clean_lead_score(self) -> int:
        """Return 0 for nothing."""
        return self.cleaned_data["lead_score"] or 0


class StageForm(forms.Form):
    """Where a person stands with us: stage by hand, status of a lead, why churned (R4)."""

    lifecycle = forms.ChoiceField(label=_("Lifecycle"), choices=Lifecycle.choices)
    lead_status = forms.ChoiceField(label=_("Lead status"), choices=LeadStatus.choices, required=False)
    unqualified_reason = _text(Contact, "unqualified_reason")
    churned_on = forms.DateField(label=_("Churned on"), required=False, widget=DateInput)
    churned_reason = _text(Contact, "churned_reason")

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": values_of_stage(contact)})
        allowed = {*CHOSEN_STAGES, contact.lifecycle}
        self.fields["lifecycle"].choices = [c for c in Lifecycle.choices if c[0] in allowed]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return what goes to the service: reasons only where they belong."""
        found = {name: self.cleaned_data[name] for name in ("lifecycle", "lead_status") if self.cleaned_data[name]}
        if found["lifecycle"] != Lifecycle.LEAD:
            found.pop("lead_status", None)
        elif found.get("lead_status") == LeadStatus.UNQUALIFIED:
            found["unqualified_reason"] = self.cleaned_data["unqualified_reason"]
        if found["lifecycle"] == Lifecycle.CHURNED:
            found["churned_reason"] = self.cleaned_data["churned_reason"]
            if self.cleaned_data["churned_on"]:
                found["churned_on"] = self.cleaned_data["churned_on"]
        return found


def values_of_stage(contact: Contact) -> dict[str, Any]:
    """Return a contact's stage as the form shows it."""
    names = ("lifecycle", "lead_status", "unqualified_reason", "churned_on", "churned_reason")
    return {name: getattr(contact, name) for name in names}


class CompanyForm(RecordForm):
    """All fields of a company (R3)."""

    model = Company
    new_company = "parent"

    name = _text(Company, "name")
    domains = forms.Field(label=_("Domains"), required=False, widget=ManyInput(primary=False))
    industry = _text(Company, "industry")
    size_band = forms.ChoiceField(label=_("People"), required=False, choices=[("", ""), *SizeBand.choices])
    website = _text(Company, "website")
    phones = forms.Field(label=_("Phone"), required=False, widget=ManyInput(kind="tel"))
    emails = forms.Field(
        label=_("Shared e-mail"), required=False, widget=ManyInput(kind="email"), help_text=_("Such as info@ or sales@")
    )
    parent = forms.CharField(
        label=_("Parent company"), required=False, widget=TypeaheadInput("contacts:company_options", new=True)
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    tags = forms.Field(label=_("Tags"), required=False, widget=TagsInput)
    street = _text(Company, "street")
    postal_code = _text(Company, "postal_code")
    city = _text(Company, "city")
    region = _text(Company, "region")
    country = _text(Company, "country", widget=CountryInput)
    description = _about(Company)

    def clean_website(self) -> str:
        """Return the address with a scheme."""
        site = self.cleaned_data["website"]
        return site if not site or "://" in site else f"https://{site}"
