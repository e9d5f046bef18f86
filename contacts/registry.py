"""What apps above contacts add to the pages of contacts: actions on a lead, such as "Qualify"."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from crm.kernel.core.html import icon_html


@dataclass(frozen=True, slots=True)
class LeadAction:
    """A button in each row of the leads inbox and on a lead's page.

    `url_name` takes the contact's id. `dialog` opens the address in the dialog; else it is posted to. `visible(user)`
    says whether a person is offered it at all.
    """

    label: str | Promise
    url_name: str
    icon: str = ""
    dialog: bool = True
    visible: Callable[[Any], bool] | None = None

    def button(self, contact_id: UUID, name: str) -> SafeString:
        """Return the button for one contact; `name` is read to people who do not see the row."""
        url = reverse(self.url_name, args=[contact_id])
        how = (
            f'hx-get="{url}" hx-target="#modal-body" hx-swap="innerHTML"'
            if self.dialog
            else f'hx-post="{url}" hx-swap="none"'
        )
        picture = icon_html(self.icon) if self.icon else ""
        return mark_safe(
            f'<a class="btn btn-sm" href="{url}" {how}>{picture}{escape(self.label)}'
            f'<span class="sr-only"> {escape(name)}</span></a>'
        )


lead_actions: list[LeadAction] = []


def register_lead_action(action: LeadAction) -> None:
    """Add an action; one with the same address replaces the earlier one."""
    lead_actions[:] = [*(each for each in lead_actions if each.url_name != action.url_name), action]


# Says which of these companies have bought (R4).
Bought = Callable[[Collection[UUID]], set[UUID]]
_bought: list[Bought] = []


def tell_customers(function: Bought) -> None:
    """Let `function(company_ids)` say which of the companies have bought, so that new contacts there are customers (R4)."""
    _bought[:] = [function]


def companies_that_bought(company_ids: Iterable[UUID | None]) -> set[UUID]:
    """Return which of the companies have bought."""
    ids = {pk for pk in company_ids if pk is not None}
    return _bought[0](ids) if _bought and ids else set()
