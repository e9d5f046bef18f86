"""The fields of a deal's page: how each is shown, and which form fields edit it in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, org_avatar_html
from crm.kernel.customfields.lines import lines_for
from crm.kernel.listing.columns import badge, tags_html

from .models import Deal, ForecastCategory


@dataclass(frozen=True, slots=True)
class DealField:
    """One line. `inputs` are the form's fields; `show(deal)` gives text or safe HTML, nothing when empty."""

    key: str
    label: str | Promise
    inputs: tuple[str, ...]
    show: Callable[[Deal], Any]
    empty: str | Promise
    when: Callable[[Deal], bool] = lambda deal: True
    link: Callable[[Deal], str] = lambda deal: ""


def _owner(deal: Deal) -> SafeString:
    return mark_safe(
        f'{avatar_html(deal.owner.name, deal.owner_id, "xs")}<span class="clip">{escape(deal.owner.name)}</span>'
    )


def _company(deal: Deal) -> Any:
    if deal.company is None:
        return ""
    picture = org_avatar_html(deal.company.name, deal.company_id, "xs")
    return mark_safe(f'{picture}<span class="clip">{escape(deal.company.name)}</span>')


def _forecast(deal: Deal) -> SafeString:
    words = ForecastCategory(deal.effective_category).label
    return badge(words, "accent" if deal.forecast_category else "")


def _open(deal: Deal) -> bool:
    return deal.is_open


FIELDS = (
    DealField("owner", _("Owner"), ("owner",), _owner, _("Choose an owner")),
    DealField("company", _("Company"), ("company",), _company, _("Add company")),
    DealField("amount", _("Amount"), ("amount",), lambda d: formats.money(d.amount, d.currency), _("Add amount")),
    DealField("currency", _("Currency"), ("currency",), lambda d: d.currency, ""),
    DealField(
        "expected_close", _("Expected close"), ("expected_close",), lambda d: formats.day(d.expected_close),
        _("Add close date"), _open,
    ),
    DealField(
        "closed_on", _("Closed on"), ("closed_on",), lambda d: formats.day(d.closed_on), "", lambda d: not d.is_open
    ),
    DealField(
        "probability", _("Own probability"), ("probability",),
        lambda d: f"{d.probability} %" if d.probability is not None else "", _("As its stage"), _open,
    ),
    DealField("forecast_category", _("Forecast"), ("forecast_category",), _forecast, "", _open),
    DealField(
        "lost_reason", _("Lost reason"), ("lost_reason",), lambda d: d.lost_reason.name if d.lost_reason else "",
        _("Add reason"), lambda d: d.stage.is_lost,
    ),
    DealField(
        "lost_comment", _("What happened"), ("lost_comment",), lambda d: d.lost_comment, _("Add what happened"),
        lambda d: d.stage.is_lost,
    ),
    DealField("source", _("Source"), ("source",), lambda d: d.source, _("Add source")),
    DealField("tags", _("Tags"), ("tags",), lambda d: tags_html(d.tags, most=12), _("Add tags")),
    DealField("description", _("About"), ("description",), lambda d: d.description, _("Add a description")),
    DealField("title", _("Title"), ("title",), lambda d: d.title, ""),
)  # fmt: skip


def fields_of(actor: Any) -> tuple[DealField, ...]:
    """Return the fields of a deal's page; custom ones that the actor may see come last."""
    custom = [
        DealField(each.key, each.label, (each.key,), each.show, each.empty, link=each.link)
        for each in lines_for(Deal.kind, actor)
    ]
    return (*FIELDS, *custom)


def field_named(key: str, actor: Any) -> DealField | None:
    """Return the field with a key, None if there is none that the actor may see."""
    return next((each for each in fields_of(actor) if each.key == key), None)


def lines(deal: Deal, actor: Any, *, editable: bool) -> list[dict[str, Any]]:
    """Return the lines of the page for `components/inline_value.html`; no button without the right to edit."""
    return [line(deal, each, editable=editable) for each in fields_of(actor) if each.when(deal)]


def line(deal: Deal, each: DealField, *, editable: bool) -> dict[str, Any]:
    """Return one line."""
    value = each.show(deal)
    safe = isinstance(value, SafeString)
    url = reverse("deals:deal_field", args=[deal.pk, each.key])
    return {
        "id": f"field-{each.key}",
        "label": each.label,
        "url": f"{url}?edit=1" if editable else "",
        "value": "" if safe else value,
        "html": value if safe and value else "",
        "empty": each.empty,
        "link": each.link(deal),
    }
