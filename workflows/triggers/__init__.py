"""What sets rules off (W1). To add one: an instance in `records.py` or a class in `times.py`, and a line here."""

from collections.abc import Iterable

from .base import TimeTrigger, Trigger
from .records import RECORD_TRIGGERS
from .times import TIME_TRIGGERS

_triggers: dict[str, Trigger] = {}


def register(trigger: Trigger) -> None:
    """Add a trigger; apps that stand above do it from `AppConfig.ready()`."""
    _triggers[trigger.key] = trigger


def trigger_named(key: str) -> Trigger | None:
    """Return the trigger of a kind, None if there is none."""
    return _triggers.get(key)


def triggers() -> Iterable[Trigger]:
    """Return all triggers in the order of the menu."""
    return tuple(_triggers.values())


for _each in (*RECORD_TRIGGERS, *TIME_TRIGGERS):
    register(_each)

__all__ = ["TimeTrigger", "Trigger", "register", "trigger_named", "triggers"]
