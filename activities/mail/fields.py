"""The closed list of merge fields, and their values for one mail (E4).

To add one: a `Field` in `FIELDS`. Custom fields come by themselves as `contact.cf_region`, as far as the one who sends may
see them (C1). A value is what the sender would read on a page: dates and money in their language, nothing hidden from them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation
from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from contacts.models import Company, Contact
from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX, column_key, fields_for
from crm.kernel.customfields.values import shown
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import Deal

UNSUBSCRIBE = "unsubscribe_link"


@dataclass(frozen=True, slots=True)
class Letter:
    """Whom a mail is about: the person written to, the deal, the sender, and with whose eyes values are read."""

    contact: Contact | None
    deal: Deal | None
    sender: User | None
    actor: Actor

    @property
    def company(self) -> Company | None:
        """The contact's company, else the deal's, if the actor may see it."""
        found = (self.contact.company if self.contact else None) or (self.deal.company if self.deal else None)
        return found if found is not None and self.actor.can("view", found) else None


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a template may name: under which heading and how it is offered, and where its value comes from."""

    name: str
    group: str | Promise
    label: str | Promise
    value: Callable[[Letter], Any]


def _of(record: str, attribute: str) -> Callable[[Letter], Any]:
    def value(letter: Letter) -> Any:
        found = getattr(letter, record)
        return getattr(found, attribute) if found is not None else ""

    return value


def _date(day: Any) -> str:
    return date_format(day, pgettext("day of another year in full", "j F Y")) if day else ""


def _amount(letter: Letter) -> str:
    deal = letter.deal
    return formats.money(deal.amount, deal.currency) if deal is not None and deal.amount is not None else ""


def _domain(letter: Letter) -> str:
    return (letter.company.domains.values_list("domain", flat=True).first() or "") if letter.company else ""


CONTACT, COMPANY, DEAL, SENDER, OTHER = _("Contact"), _("Company"), _("Deal"), _("Sender"), _("Other")
FIELDS: tuple[Field, ...] = (
    Field("contact.first_name", CONTACT, _("First name"), _of("contact", "first_name")),
    Field("contact.last_name", CONTACT, _("Last name"), _of("contact", "last_name")),
    Field("contact.name", CONTACT, _("Full name"), _of("contact", "name")),
    Field("contact.job_title", CONTACT, _("Job title"), _of("contact", "job_title")),
    Field("contact.email", CONTACT, _("E-mail"), _of("contact", "primary_email")),
    Field("contact.phone", CONTACT, _("Phone"), _of("contact", "primary_phone")),
    Field("contact.city", CONTACT, _("City"), _of("contact", "city")),
    Field("contact.country", CONTACT, _("Country"), _of("contact", "country")),
    Field("company.name", COMPANY, _("Name"), _of("company", "name")),
    Field("company.industry", COMPANY, _("Industry"), _of("company", "industry")),
    Field("company.city", COMPANY, _("City"), _of("company", "city")),
    Field("company.website", COMPANY, _("Website"), _of("company", "website")),
    Field("company.domain", COMPANY, _("Domain"), _domain),
    Field("deal.title", DEAL, _("Title"), _of("deal", "title")),
    Field("deal.amount", DEAL, _("Amount"), _amount),
    Field("deal.stage", DEAL, _("Stage"), lambda letter: letter.deal.stage.name if letter.deal else ""),
    Field("deal.expected_close", DEAL, _("Expected close"), lambda e: _date(e.deal.expected_close) if e.deal else ""),
    Field("deal.closed_on", DEAL, _("Closed on"), lambda e: _date(e.deal.closed_on) if e.deal else ""),
    Field("deal.owner", DEAL, _("Owner"), lambda letter: letter.deal.owner.name if letter.deal else ""),
    Field("sender.name", SENDER, _("Full name"), _of("sender", "name")),
    Field("sender.first_name", SENDER, _("First name"), _of("sender", "first_name")),
    Field("sender.email", SENDER, _("E-mail"), _of("sender", "email")),
    Field("workspace.name", OTHER, _("Our company"), lambda letter: Workspace.current().name),
    Field("today", OTHER, _("Today"), lambda letter: _date(timezone.localdate())),
    Field(UNSUBSCRIBE, OTHER, _("Link to unsubscribe"), lambda letter: ""),  # known when the mail is made
)
BY_NAME = {field.name: field for field in FIELDS}
CUSTOM = (("contact", CONTACT), ("company", COMPANY), ("deal", DEAL))


def offered(actor: Actor) -> list[Field]:
    """Return all fields that an actor may put into a template, custom ones among those of their record."""
    return [*FIELDS, *_custom(actor)]


def _custom(actor: Actor) -> Iterator[Field]:
    for kind, group in CUSTOM:
        for each in fields_for(kind, actor):
            name = f"{kind}.{column_key(each)}"
            yield Field(name, group, each.label, lambda letter, e=each, k=kind: _custom_value(letter, k, e))  # type: ignore[misc]


def _custom_value(letter: Letter, kind: str, field: Any) -> str:
    record = getattr(letter, kind)
    return shown(field, record.custom.get(field.key)) if record is not None else ""


def known_names(actor: Actor) -> set[str]:
    """Return the names of all fields that an actor may use."""
    return {field.name for field in offered(actor)}


def labels(actor: Actor) -> dict[str, str]:
    """Return what each field is called: "Contact: First name"."""
    return {field.name: f"{field.group}: {field.label}" for field in offered(actor)}


def is_custom(name: str) -> bool:
    """Say whether a name is that of a custom field."""
    return name.partition(".")[2].startswith(PREFIX)


def values_of(letter: Letter, names: set[str]) -> dict[str, str]:
    """Return the values of the named fields as words, in the sender's language and zone."""
    wanted = [field for field in offered(letter.actor) if field.name in names]
    sender = letter.sender
    with translation.override(sender.locale if sender else None), timezone.override(sender.zone if sender else None):
        return {field.name: str(field.value(letter) or "").strip() for field in wanted}
