"""The fields of forms of deals: records found by typing, and what selects offer."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.widgets import TypeaheadInput
from crm.kernel.users.models import User
from crm.kernel.workspace.models import ExchangeRate, Workspace

from .models import Deal, LostReason, Stage

COMMON_CURRENCIES = ("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY")


def text_field(name: str, **options: Any) -> forms.CharField:
    """Return a field for a text column of a deal, with its label and length."""
    column: Any = Deal._meta.get_field(name)
    options.setdefault("label", column.verbose_name.capitalize())
    return forms.CharField(max_length=column.max_length, required=False, **options)


def contact_name(actor: Actor, pk: UUID) -> str | None:
    """Return a contact's name, None if the person may not see it (U3)."""
    contact = Contact.objects.visible_to(actor).live().filter(pk=pk).first()
    return contact.name if contact else None


class RecordChoice(forms.CharField):
    """A record found by typing: the value is the record, None for nothing; what one may not see is refused (U3)."""

    def __init__(self, *, model: type[Any], **options: Any) -> None:
        self.model = model
        self.actor: Actor | None = None
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> Any:
        """Return the record of an id."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.model.objects.visible_to(self.actor).live().get(pk=UUID(text))
        except (ValueError, self.model.DoesNotExist) as error:
            raise forms.ValidationError(_("Choose one from the list.")) from error


def company_field(**options: Any) -> RecordChoice:
    """Return the field for a company; typed words may stand for a new one."""
    widget = TypeaheadInput("contacts:company_options", new=True)
    return RecordChoice(model=Company, label=gettext_lazy("Company"), widget=widget, **options)


def contact_field(**options: Any) -> RecordChoice:
    """Return the field for a person."""
    options.setdefault("label", gettext_lazy("Person"))
    return RecordChoice(model=Contact, widget=TypeaheadInput("contacts:contact_options"), **options)


def owner_choices(deal: Deal | None = None) -> list[tuple[str, str]]:
    """Return the colleagues who can own an open deal, and the present owner (U4)."""
    people = dict(User.objects.owners().values_list("pk", "name"))
    if deal is not None:
        people.setdefault(deal.owner_id, deal.owner.name)
    return [(str(pk), name) for pk, name in people.items()]


def currency_choices(present: str = "") -> list[tuple[str, str]]:
    """Return the base currency, those with a rate, and common ones."""
    codes = [Workspace.current().base_currency, present, *sorted(ExchangeRate.table()), *COMMON_CURRENCIES]
    return [(code, code) for code in dict.fromkeys(codes) if code]


def stage_groups(pipeline_id: UUID | None = None, *, opened: bool = True) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the stages by pipeline, for a select; `opened` leaves won and lost out."""
    stages = Stage.objects.usable().filter(pipeline__archived_at__isnull=True).select_related("pipeline")
    if opened:
        stages = stages.open()
    if pipeline_id is not None:
        stages = stages.filter(pipeline=pipeline_id)
    groups: dict[str, list[tuple[str, str]]] = {}
    for stage in stages.order_by("pipeline__position", "pipeline__name", "position"):
        groups.setdefault(stage.pipeline.name, []).append((str(stage.pk), stage.name))
    return list(groups.items())


def reason_choices(deal: Deal | None = None) -> list[tuple[str, str]]:
    """Return the reasons for a loss that are in use, and the present one."""
    offered = LostReason.objects.filter(archived_at__isnull=True).exclude(name=LostReason.NOT_RECORDED)
    reasons = dict(offered.values_list("pk", "name"))
    if deal is not None and deal.lost_reason is not None:
        reasons.setdefault(deal.lost_reason.pk, deal.lost_reason.name)
    return [("", _("Choose a reason")), *((str(pk), name) for pk, name in reasons.items())]


def reason_of(pk: str) -> LostReason | None:
    """Return the reason that was chosen, None for no choice."""
    return LostReason.objects.filter(pk=pk).first() if pk else None
