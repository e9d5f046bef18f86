"""What rules can do (W1). To add an action: a subclass of `Action` in this package, and an instance here."""

from .assigning import Assign
from .base import Action
from .calling import CallWebhook
from .mailing import SendEmail
from .records import AddTag, CreateDeal, MoveStage, RemoveTag, UpdateField
from .tasks import CreateTask
from .telling import Notify
from .waiting import Wait

REGISTRY: dict[str, Action] = {
    each.key: each
    for each in (
        CreateTask(), SendEmail(), UpdateField(), Assign(), Notify(), AddTag(), RemoveTag(), MoveStage(), CreateDeal(),
        CallWebhook(), Wait(),
    )
}  # fmt: skip


def action_named(key: str) -> Action | None:
    """Return the action of a name, None if there is none."""
    return REGISTRY.get(key)


def actions() -> tuple[Action, ...]:
    """Return all actions in the order of the menu."""
    return tuple(REGISTRY.values())


__all__ = ["REGISTRY", "Action", "action_named", "actions"]
