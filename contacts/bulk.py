"""What can be done to many contacts, leads and companies: each action calls the service that a single form calls."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kernel.core.changes import Actor
from crm.kernel.core.widgets import DateInput
from crm.kernel.customfields.forms import form_fields
from crm.kernel.listing.bulk.actions import (
    AssignAction,
    DeleteAction,
    EditAction,
    EditForm,
    RestoreAction,
    TagAction,
    UntagAction,
)
from crm.kernel.listing.bulk.registry import Applied, BulkAction, BulkForm, register
from crm.kernel.workspace.models import Workspace

from .forms import CHOSEN_STAGES, CompanyForm, ContactForm, RecordForm
from .models import Company, Contact, LeadStatus, Lifecycle
from .services import bin_companies, bin_contacts, restore_companies, restore_contacts
from .services.companies import check_companies, edit_companies
from .services.contacts import check_contacts, edit_contacts

CONTACT_FIELDS = (
    "company", "job_title", "source", "language", "lead_score", "city", "region", "country", "street", "postal_code",
    "do_not_email", "do_not_call", "consent_at", "consent_how", "consent_basis", "description",
)  # fmt: skip
COMPANY_FIELDS = (
    "industry", "size_band", "website", "parent", "city", "region", "country", "street", "postal_code", "description",
)  # fmt: skip


class _Kind:
    """What the actions of one kind share: its form, its words, and how its drafts are checked and applied."""

    model: type[Any]
    form_kind: ClassVar[type[RecordForm]]
    names: ClassVar[tuple[str, ...]]

    @staticmethod
    def write(values: Mapping[UUID, Mapping[str, Any]], actor: Actor) -> Applied:
        """Apply values to records through the service; return those that changed."""
        raise NotImplementedError

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        raise NotImplementedError


class ContactKind(_Kind):
    """Contacts."""

    form_kind = ContactForm
    names = CONTACT_FIELDS

    @staticmethod
    def write(values: Mapping[UUID, Mapping[str, Any]], actor: Actor) -> Applied:
        """Edit contacts (R2)."""
        drafts = check_contacts(list(values.values()), actor=actor, pks=list(values))
        return Applied({each.pk for each in edit_contacts(drafts=drafts, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d contact changed", "%(count)d contacts changed", count) % {"count": count}


class CompanyKind(_Kind):
    """Companies."""

    form_kind = CompanyForm
    names = COMPANY_FIELDS

    @staticmethod
    def write(values: Mapping[UUID, Mapping[str, Any]], actor: Actor) -> Applied:
        """Edit companies (R3)."""
        drafts = check_companies(list(values.values()), actor=actor, pks=list(values))
        return Applied({each.pk for each in edit_companies(drafts=drafts, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d company changed", "%(count)d companies changed", count) % {"count": count}


class _Assign(_Kind, AssignAction):
    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Give them to the new owner."""
        return self.write({pk: {"owner": values["owner"]} for pk in ids}, actor)


class _Tag(_Kind, TagAction):
    def write_tags(self, tags: Mapping[UUID, list[str]], actor: Actor) -> Applied:
        """Store the tags."""
        return self.write({pk: {"tags": each} for pk, each in tags.items()}, actor)


class _Untag(_Kind, UntagAction):
    def write_tags(self, tags: Mapping[UUID, list[str]], actor: Actor) -> Applied:
        """Store the tags."""
        return self.write({pk: {"tags": each} for pk, each in tags.items()}, actor)


class _Edit(_Kind, EditAction):
    def offered(self, actor: Actor) -> dict[str, forms.Field]:
        """Return the fields of the form of one record, those that make sense for many; no new company by the way."""
        fields = self.form_kind(actor=actor, only=self.names).fields
        for name in ("company", "parent"):
            if name in fields:
                fields[name].widget.attrs.pop("data-new", None)
        return {name: fields[name] for name in self.names if name in fields} | form_fields(self.kind, actor, {})

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Set the fields."""
        return self.write(dict.fromkeys(ids, values), actor)


class EditContactsForm(EditForm):
    """Fields of contacts; a day of consent becomes an instant (R1)."""

    def clean_consent_at(self) -> Any:
        """Return noon of the day in the workspace's zone."""
        day = self.cleaned_data["consent_at"]
        return Workspace.current().noon(day) if day else None

    def clean_lead_score(self) -> int:
        """Return 0 for nothing."""
        return self.cleaned_data["lead_score"] or 0


class AssignContacts(ContactKind, _Assign):
    """Give contacts to somebody, or let them go."""

    told = gettext_lazy("%(who)s gave you %(count)d contacts")


class TagContacts(ContactKind, _Tag):
    """Tag contacts."""


class UntagContacts(ContactKind, _Untag):
    """Remove tags of contacts."""


class EditContacts(ContactKind, _Edit):
    """Set fields of contacts."""

    form = EditContactsForm


class DeleteContacts(ContactKind, DeleteAction):
    """Put contacts into the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Bin them (R8)."""
        return Applied({each.pk for each in bin_contacts(contact_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d contact is in the bin", "%(count)d contacts are in the bin", count) % {
            "count": count
        }


class RestoreContacts(ContactKind, RestoreAction):
    """Take contacts out of the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Restore them (R8); one whose address somebody else has by now stays."""
        return Applied({each.pk for each in restore_contacts(contact_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d contact is back", "%(count)d contacts are back", count) % {"count": count}


class LifecycleForm(BulkForm):
    """Where they stand with us (R4)."""

    lifecycle = forms.ChoiceField(
        label=gettext_lazy("Lifecycle"),
        choices=[("", gettext_lazy("Choose a stage")), *((each.value, each.label) for each in CHOSEN_STAGES)],
    )
    lead_status = forms.ChoiceField(
        label=gettext_lazy("Lead status"), required=False, choices=[("", gettext_lazy("As it is")), *LeadStatus.choices],
        help_text=gettext_lazy("For leads"),
    )  # fmt: skip
    unqualified_reason = forms.CharField(label=gettext_lazy("Why unqualified"), required=False, max_length=200)
    churned_on = forms.DateField(label=gettext_lazy("Churned on"), required=False, widget=DateInput)
    churned_reason = forms.CharField(label=gettext_lazy("Why churned"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Return only what belongs to the chosen stage; a reason is asked for once, here."""
        given = self.cleaned_data
        found = {"lifecycle": given.get("lifecycle", "")}
        if found["lifecycle"] == Lifecycle.LEAD and given.get("lead_status"):
            found["lead_status"] = given["lead_status"]
            if found["lead_status"] == LeadStatus.UNQUALIFIED:
                found["unqualified_reason"] = self._reason("unqualified_reason")
        if found["lifecycle"] == Lifecycle.CHURNED:
            found["churned_reason"] = self._reason("churned_reason")
            if given.get("churned_on"):
                found["churned_on"] = given["churned_on"]
        return found

    def _reason(self, name: str) -> str:
        words = self.cleaned_data.get(name) or ""
        if not words:
            self.add_error(name, ValidationError(_("Say why.")))
        return words


class ChangeLifecycle(ContactKind, BulkAction):
    """Set the lifecycle of contacts, or the status of leads, by hand (R4)."""

    key = "lifecycle"
    label = gettext_lazy("Change lifecycle")
    short = gettext_lazy("Lifecycle")
    said = gettext_lazy("changed the lifecycle of many contacts")
    icon = "refresh-cw"
    order = 15
    submit = gettext_lazy("Change lifecycle")
    form = LifecycleForm

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Set it."""
        return self.write(dict.fromkeys(ids, values), actor)


class AssignCompanies(CompanyKind, _Assign):
    """Give companies to somebody, or let them go."""

    told = gettext_lazy("%(who)s gave you %(count)d companies")


class TagCompanies(CompanyKind, _Tag):
    """Tag companies."""


class UntagCompanies(CompanyKind, _Untag):
    """Remove tags of companies."""


class EditCompanies(CompanyKind, _Edit):
    """Set fields of companies."""


class DeleteCompanies(CompanyKind, DeleteAction):
    """Put companies into the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Bin them (R8)."""
        return Applied({each.pk for each in bin_companies(company_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        words = ngettext("%(count)d company is in the bin", "%(count)d companies are in the bin", count)
        return words % {"count": count}


class RestoreCompanies(CompanyKind, RestoreAction):
    """Take companies out of the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Restore them with their links (R8); one whose domain another has by now stays."""
        return Applied({each.pk for each in restore_companies(company_ids=ids, actor=actor)})

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d company is back", "%(count)d companies are back", count) % {"count": count}


def connect() -> None:
    """Offer the actions on the lists of contacts, leads and companies."""
    contacts = (
        AssignContacts, ChangeLifecycle, TagContacts, UntagContacts, EditContacts, DeleteContacts, RestoreContacts,
    )  # fmt: skip
    companies = (AssignCompanies, TagCompanies, UntagCompanies, EditCompanies, DeleteCompanies, RestoreCompanies)
    register(*(each(Contact) for each in contacts), *(each(Company) for each in companies))
