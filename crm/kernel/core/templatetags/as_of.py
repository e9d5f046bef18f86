"""Filters of the banner above a page as of a past day."""

from decimal import Decimal
from typing import Any, NamedTuple

from django import template
from django.utils.translation import gettext as _

register = template.Library()


class Change(NamedTuple):
    """How much more or less something is than it was: way up or down, whole percents, and words for screen readers."""

    way: str
    icon: str
    percent: int
    spoken: str


@register.filter
def change_to(then: Any, now: Any) -> Change | None:
    """Return the change from a sum to another in whole percents, None from nothing or without any."""
    if not then or now is None:
        return None
    percent = round((Decimal(now) - Decimal(then)) * 100 / Decimal(then))
    if not percent:
        return None
    return (
        Change("up", "arrow-up", percent, _("up by"))
        if percent > 0
        else Change("down", "arrow-down", -percent, _("down by"))
    )
