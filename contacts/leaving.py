"""What a leaving person hands over of this app: leads, contacts and companies (U4)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.users.leaving import Count, Give, Owned
from crm.kernel.users.leaving import register as hand_over
from crm.kernel.users.models import User

from .models import Company, Contact, Lifecycle
from .services.leads import assign_owner

RowsOf = Callable[[User], Any]


def _leads_of(person: User) -> Any:
    return Contact.objects.live().filter(owner=person, lifecycle=Lifecycle.LEAD)


def _contacts_of(person: User) -> Any:
    return Contact.objects.live().filter(owner=person).exclude(lifecycle=Lifecycle.LEAD)


def _companies_of(person: User) -> Any:
    return Company.objects.live().filter(owner=person)


def register() -> None:
    """Tell the people's settings what to ask for."""
    kinds = (
        ("leads", _("Leads"), _leads_of, Contact.kind),
        ("contacts", _("Contacts"), _contacts_of, Contact.kind),
        ("companies", _("Companies"), _companies_of, Company.kind),
    )
    for order, (key, label, rows_of, kind) in enumerate(kinds):
        hand_over(Owned(key, label, _counter(rows_of), _giver(rows_of, kind), optional=True, order=40 + order))


def _counter(rows_of: RowsOf) -> Count:
    def count(person: User) -> int:
        return int(rows_of(person).count())

    return count


def _giver(rows_of: RowsOf, kind: str) -> Give:
    def give(person: User, heir: User | None, actor: Actor) -> int:
        ids = list(rows_of(person).values_list("pk", flat=True))
        return len(assign_owner(kind=kind, record_ids=ids, owner=heir, actor=actor))

    return give
