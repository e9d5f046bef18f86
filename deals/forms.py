"""Forms of deals. They read what was typed; the rules are in the services.

A form of an existing deal sends along what its person saw (`seen`, `version`), so that only what they changed is saved,
and a field that somebody else has changed meanwhile is shown with both values (P3).
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.widgets import DateInput, MoneyInput, TagsInput
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.customfields.forms import CustomFieldsForm, form_fields, shown_value
from crm.kernel.listing.filters import suggested_tags
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from .form_fields import (
    company_field,
    contact_field,
    contact_name,
    currency_choices,
    owner_choices,
    reason_choices,
    reason_of,
    stage_groups,
    text_field,
)
from .models import Deal, ForecastCategory, Stage
from .offers import company_name


class DealForm(CustomFieldsForm):
    """The fields of a deal that a person types (P0). `only` keeps just these fields (a value edited in its place)."""

    title = text_field("title")
    company = company_field()
    contact = contact_field()
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    amount = forms.CharField(label=gettext_lazy("Amount"), required=False, widget=MoneyInput, max_length=40)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), required=False)
    expected_close = forms.DateField(label=gettext_lazy("Expected close"), required=False, widget=DateInput)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    source = text_field("source", help_text=gettext_lazy("Where it came from, such as Trade fair"))
    probability = forms.IntegerField(
        label=gettext_lazy("Own probability, %"), required=False, min_value=0, max_value=100,
        help_text=gettext_lazy("In place of its stage's, until the next move"),
    )  # fmt: skip
    forecast_category = forms.ChoiceField(
        label=gettext_lazy("Own forecast category"), required=False,
        choices=[("", gettext_lazy("As its stage")), *ForecastCategory.choices],
    )  # fmt: skip
    tags = forms.Field(label=gettext_lazy("Tags"), required=False, widget=TagsInput)
    description = text_field("description", widget=forms.Textarea(attrs={"rows": 3}))
    closed_on = forms.DateField(label=gettext_lazy("Closed on"), required=False, widget=DateInput)
    lost_reason = forms.ChoiceField(label=gettext_lazy("Lost reason"), required=False)
    lost_comment = text_field("lost_comment", widget=forms.Textarea(attrs={"rows": 2}))
    confirm_currency = forms.BooleanField(label=gettext_lazy("Keep the number and change the currency"), required=False)

    NEW_ONLY = ("stage", "contact")
    OLD_ONLY = ("probability", "forecast_category", "closed_on", "lost_reason", "lost_comment", "confirm_currency")

    def __init__(
        self, *args: Any, actor: Actor, deal: Deal | None = None, only: Iterable[str] = (), **kwargs: Any
    ) -> None:
        self.actor = actor
        self.deal = deal
        self.conflicts: list[dict[str, Any]] = []
        kwargs["initial"] = {**values_of(deal), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.custom_kind = Deal.kind
        self.add_custom(actor, deal)
        self._keep(set(only))
        self._fill_choices()

    def _keep(self, only: set[str]) -> None:
        """Drop the fields that do not belong to this form, or to a deal in this state."""
        drop = set(self.OLD_ONLY if self.deal is None else self.NEW_ONLY)
        if self.deal is not None:
            drop |= {"closed_on"} if self.deal.is_open else {"probability", "forecast_category", "expected_close"}
            drop |= set() if self.deal.stage.is_lost else {"lost_reason", "lost_comment"}
            if not (self.is_bound and self.data.get("currency", self.deal.currency) != self.deal.currency):
                drop.add("confirm_currency")
        for name in list(self.fields):
            if name in drop or (only and name not in only and name != "confirm_currency"):
                del self.fields[name]

    def _fill_choices(self) -> None:
        fields: dict[str, Any] = self.fields
        for name, label in (("company", company_name), ("contact", contact_name)):
            if name in fields:
                fields[name].actor = self.actor
                fields[name].widget.label_for = self._label(label)
        for name in ("title", "stage", "currency", "owner"):
            if name in fields:
                fields[name].required = True
        if "owner" in fields:
            fields["owner"].choices = owner_choices(self.deal)
        if "currency" in fields:
            fields["currency"].choices = currency_choices(self.deal.currency if self.deal else "")
        if "stage" in fields:
            fields["stage"].choices = stage_groups()
        if "lost_reason" in fields:
            fields["lost_reason"].choices = reason_choices(self.deal)
        if "tags" in fields:
            rows = Deal.objects.visible_to(self.actor).live()
            fields["tags"].widget.suggestions = lambda: suggested_tags(rows)
        if "amount" in fields and self.deal is not None and "currency" not in fields:
            fields["amount"].widget.currency = self.deal.currency

    def _label(self, name_of: Any) -> Any:
        def label(value: Any) -> str:
            try:
                return name_of(self.actor, UUID(str(value))) or ""
            except ValueError:
                return ""

        return label

    # What the person saw ------------------------------------------------------------------------------------------
    @property
    def version(self) -> int | None:
        """The version that the person saw, None for a new deal."""
        if self.deal is None:
            return None
        text = str(self.data.get("version") or "") if self.is_bound and not self.conflicts else ""
        return int(text) if text.isdecimal() and len(text) < 10 else self.deal.version

    @property
    def seen_json(self) -> str:
        """What the person saw, for the hidden input."""
        if self.is_bound and not self.conflicts and self.data.get("seen"):
            return str(self.data["seen"])
        stored = {name: plain(value) for name, value in stored_of(self.deal, self.fields).items()}
        return json.dumps(stored | self.custom_seen())

    def _seen(self) -> dict[str, Any]:
        try:
            seen = json.loads(self.data.get("seen") or "{}")
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    @property
    def company_text(self) -> str:
        """The typed name of a company that is not chosen from the list."""
        return "" if self.cleaned_data.get("company") else str(self.data.get("company_text") or "").strip()[:200]

    def clean(self) -> dict[str, Any]:
        """Turn the owner and the reason into records, as the services take them."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("owner"):
            data["owner"] = User.objects.filter(pk=data["owner"]).first()
        elif "owner" in data:
            data["owner"] = None
        if "lost_reason" in data:
            data["lost_reason"] = reason_of(data["lost_reason"])
        return data

    def changes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values that the person changed, and what they saw there, both as the service takes them."""
        seen = self._seen()
        values, before = self.custom_changes(seen)
        for name in self.fields:
            if name == "confirm_currency" or name.startswith(PREFIX):
                continue
            value = self.cleaned_data.get(name)
            if name in seen and same(value, seen[name], name):
                continue
            if name == "company" and name in seen and value is None and self._company_kept(seen[name]):
                continue
            values[name] = value
            if name in seen:
                before[name] = as_stored(name, seen[name])
        return values, before

    def _company_kept(self, seen: str) -> bool:
        """Say whether the words in the box are still those of the present company."""
        deal = self.deal
        return bool(deal and deal.company and str(deal.company_id) == seen and self.company_text == deal.company.name)

    # Errors -------------------------------------------------------------------------------------------------------
    def refuse(self, refused: Refused) -> None:
        """Show what the service refused; what concerns no field of this form stands above it."""
        if "currency" in refused.fields and self.deal is not None and "confirm_currency" not in self.fields:
            self.fields["confirm_currency"] = DealForm.base_fields["confirm_currency"]
        add_refusal(self, refused)

    def show_conflict(self, theirs: Mapping[str, Any]) -> None:
        """Show the fields that somebody else has changed meanwhile; saving again then keeps one's own values."""
        assert self.deal is not None
        self.deal.refresh_from_db()
        for name, values in theirs.get("fields", {}).items():
            label = self.fields[name].label if name in self.fields else name
            self.conflicts.append({"label": label, "theirs": shown(self.deal, name, values["theirs"])})


def values_of(deal: Deal | None) -> dict[str, Any]:
    """Return a deal's values as the form shows them."""
    if deal is None:
        return {}
    values: dict[str, Any] = {each.name: getattr(deal, each.attname) for each in deal._meta.concrete_fields}
    if deal.amount is not None:
        values["amount"] = f"{deal.amount.normalize():f}"
    return values


def stored_of(deal: Deal | None, names: Iterable[str]) -> dict[str, Any]:
    """Return the stored values of a deal's fields."""
    if deal is None:
        return {}
    columns = {f.name: f.attname for f in Deal._meta.concrete_fields}
    return {name: getattr(deal, columns[name]) for name in names if name in columns}


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    if hasattr(value, "pk"):
        return str(value.pk)
    return str(value)


def same(value: Any, seen: Any, name: str) -> bool:
    """Say whether a typed value is the one that was seen."""
    if plain(value) == seen:
        return True
    try:
        return bool(as_stored(name, value) == as_stored(name, seen))
    except (forms.ValidationError, ValueError):
        return False


def as_stored(name: str, value: Any) -> Any:
    """Return a value of JSON as the column holds it; of a record its id."""
    column: Any = Deal._meta.get_field(name)
    if hasattr(value, "pk"):
        return value.pk
    if value in ("", None):
        return None if column.null else column.get_default() if name == "tags" else ""
    if isinstance(value, list):
        return value
    if column.remote_field is not None:
        return UUID(str(value))
    try:
        return column.to_python(value)
    except (forms.ValidationError, ArithmeticError, TypeError) as error:
        raise ValueError(name) from error


def shown(deal: Deal, name: str, value: Any) -> str:
    """Return a stored value in words."""
    if name.startswith(PREFIX):
        return shown_value(Deal.kind, name, value)
    if isinstance(value, UUID):
        return str(getattr(deal, name, None) or "")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if value not in (None, "") else _("nothing")


class MoveForm(forms.Form):
    """What a move asks for: the reason and date of a loss, and the fields that the stage demands (P1, P3, P4)."""

    lost_reason = forms.ChoiceField(label=gettext_lazy("Why was it lost?"), required=False)
    lost_comment = text_field("lost_comment", widget=forms.Textarea(attrs={"rows": 2}))
    amount = forms.CharField(label=gettext_lazy("Amount"), required=False, widget=MoneyInput, max_length=40)
    company = company_field()
    contacts = contact_field()
    expected_close = forms.DateField(label=gettext_lazy("Expected close"), required=False, widget=DateInput)
    source = text_field("source")
    description = text_field("description", widget=forms.Textarea(attrs={"rows": 3}))
    closed_on = forms.DateField(label=gettext_lazy("Closed on"), required=False, widget=DateInput)

    def __init__(
        self, *args: Any, actor: Actor, deal: Deal, stage: Stage, missing: Iterable[str] = (), **kw: Any
    ) -> None:
        kw["initial"] = {"closed_on": Workspace.current().today(), **(kw.get("initial") or {})}
        super().__init__(*args, **kw)
        self.missing = list(missing)
        self.fields.update(form_fields(Deal.kind, actor, deal.custom, demand=missing))
        asked = set(missing) | ({"lost_reason", "lost_comment"} if stage.is_lost else set())
        asked |= set() if stage.is_open else {"closed_on"}
        for name in list(self.fields):
            if name not in asked:
                del self.fields[name]
        for name, label in (("company", company_name), ("contacts", contact_name)):
            if name in self.fields:
                field: Any = self.fields[name]
                field.actor = actor
                field.widget.label_for = lambda value, label=label: label(actor, UUID(str(value))) or ""
        for name in (asked & set(self.fields)) - {"lost_comment", "closed_on"}:
            self.fields[name].required = True
        if "lost_reason" in self.fields:
            self.fields["lost_reason"].choices = reason_choices()  # type: ignore[attr-defined]
        if "amount" in self.fields:
            self.fields["amount"].widget.currency = deal.currency
        if "company" in self.fields:
            self.fields["company"].widget.new = False

    def values(self) -> dict[str, Any]:
        """Return the arguments of `move_deal` that this form fills."""
        data = dict(self.cleaned_data)
        result: dict[str, Any] = {}
        if "lost_reason" in data:
            result["lost_reason"] = reason_of(data.pop("lost_reason"))
            result["lost_comment"] = data.pop("lost_comment")
        if "closed_on" in data:
            result["closed_on"] = data.pop("closed_on")
        person = data.pop("contacts", None)
        fill = {name: value for name, value in data.items() if value not in (None, "")}
        result["fill"] = fill | ({"contacts": person.pk} if person else {})
        return result


class SnoozeForm(forms.Form):
    """Until when the mark of a quiet deal is hidden (P8)."""

    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=DateInput,
        help_text=gettext_lazy("The mark “gone quiet” comes back on that day. Leave it empty to show it again."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        week = Workspace.current().today() + dt.timedelta(days=7)
        kwargs["initial"] = {"until": week, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class PipelineChoiceForm(forms.Form):
    """To which stage of which pipeline a deal goes (P9)."""

    stage = forms.ChoiceField(label=gettext_lazy("Stage"))

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = deal.pipeline.name
        self.fields["stage"].choices = [g for g in stage_groups() if g[0] != own]  # type: ignore[attr-defined]


class QualifyForm(forms.Form):
    """The deal that a lead becomes (R4), with the custom fields that a new deal must have."""

    title = text_field("title")
    amount = forms.CharField(label=gettext_lazy("Amount"), required=False, widget=MoneyInput, max_length=40)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    expected_close = forms.DateField(label=gettext_lazy("Expected close"), required=False, widget=DateInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in form_fields(Deal.kind, actor, {}).items():
            if field.custom.required:  # type: ignore[attr-defined]
                field.required = True
                self.fields[name] = field
        self.fields["stage"].choices = stage_groups()  # type: ignore[attr-defined]
        self.fields["amount"].widget.currency = Workspace.current().base_currency


class PersonForm(forms.Form):
    """A person in a deal, with a role (P0)."""

    contact = contact_field()
    role = forms.CharField(label=gettext_lazy("Role"), max_length=60, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        field.required = True
        field.actor = actor
        field.widget.label_for = lambda value: contact_name(actor, UUID(str(value))) or ""
