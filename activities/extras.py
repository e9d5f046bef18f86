"""What timelines show on demand besides activities: field changes here, and what other apps add (R7).

An `Extra` is a switch above the timeline, named in its address. Its lines stand among the entries by their moment; they cost
nothing until somebody asks.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from crm.kernel.core.changes import Actor

Lines = list[tuple[dt.datetime, SafeString]]


@dataclass(frozen=True, slots=True)
class Extra:
    """One switch. `lines(record, actor, since, before)` returns what happened between two moments, None for no bound."""

    key: str
    label: Any
    icon: str
    lines: Callable[[Any, Actor, dt.datetime | None, dt.datetime | None], Lines]


_EXTRAS: dict[str, Extra] = {}


def register_extra(extra: Extra) -> None:
    """Offer a switch on all timelines; called by the apps when they are ready."""
    _EXTRAS[extra.key] = extra


def extras() -> tuple[Extra, ...]:
    """Return the switches, in the order in which they were added."""
    return tuple(_EXTRAS.values())
