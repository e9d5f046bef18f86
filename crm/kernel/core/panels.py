"""Named places on pages that other apps fill: `{% panels "contact.side" contact %}` renders what they registered.

A lower app names the place, a higher app registers a template for it in `AppConfig.ready()`, so that a contact's page
can show its deals although contacts know nothing of deals.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

ContextFunction = Callable[[HttpRequest, Any], dict[str, Any]]
Visible = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Panel:
    """A template in a place.

    `context(request, obj)` gives its variables, `visible(user, obj)` says whether it is shown. `key`, `label` and
    `icon` are for places that are shown as tabs.
    """

    slot: str
    template: str
    context: ContextFunction | None = None
    order: int = 100
    visible: Visible | None = None
    key: str = ""
    label: str | Promise = ""
    icon: str = ""


_slots: dict[str, list[Panel]] = defaultdict(list)


def register(
    slot: str,
    template: str,
    context: ContextFunction | None = None,
    *,
    order: int = 100,
    visible: Visible | None = None,
    key: str = "",
    label: str | Promise = "",
    icon: str = "",
) -> None:
    """Put a template into a place; registering the same template for the same place again replaces it."""
    panel = Panel(slot, template, context, order, visible, key, label, icon)
    others = [other for other in _slots[slot] if (other.template, other.key) != (template, key)]
    _slots[slot] = sorted([*others, panel], key=lambda each: each.order)


def panels_for(slot: str, user: Any, obj: Any = None) -> list[Panel]:
    """Return the panels of a place that the person may see, in order."""
    return [panel for panel in _slots.get(slot, ()) if panel.visible is None or panel.visible(user, obj)]
