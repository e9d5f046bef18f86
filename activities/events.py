"""What happens to activities and tasks, as events (W2): ids and names of fields."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.kernel.events.bus import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ActivityEvent(DomainEvent):
    """Base of the events of one activity; `subject_id` is its id. The links are those of that moment (R2)."""

    kind: ClassVar[str] = "activity"

    type: str = ""
    company_id: UUID | None = None
    deal_id: UUID | None = None
    contact_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActivityLogged(ActivityEvent):
    """Something that happened was written down, or something planned was done (R5)."""

    name: ClassVar[str] = "activity.logged"


@dataclass(frozen=True, kw_only=True)
class ActivityPlanned(ActivityEvent):
    """A call, e-mail or meeting was planned or moved to another time."""

    name: ClassVar[str] = "activity.planned"


@dataclass(frozen=True, kw_only=True)
class PeopleMentioned(ActivityEvent):
    """Colleagues were mentioned with @ in an activity; `user_ids` are those who were not mentioned in it before."""

    name: ClassVar[str] = "activity.mentioned"

    user_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskEvent(DomainEvent):
    """Base of the events of one task; `subject_id` is its id."""

    kind: ClassVar[str] = "task"

    assignee_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class TaskCreated(TaskEvent):
    """Somebody has something to do."""

    name: ClassVar[str] = "task.created"


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(TaskEvent):
    """A task was given to somebody, at its creation or later."""

    name: ClassVar[str] = "task.assigned"


@dataclass(frozen=True, kw_only=True)
class TaskChanged(TaskEvent):
    """A task is due at another time now."""

    name: ClassVar[str] = "task.changed"


@dataclass(frozen=True, kw_only=True)
class TaskDone(TaskEvent):
    """Somebody did it."""

    name: ClassVar[str] = "task.done"


@dataclass(frozen=True, kw_only=True)
class TaskReopened(TaskEvent):
    """It was not done after all."""

    name: ClassVar[str] = "task.reopened"
