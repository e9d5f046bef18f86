"""What happens to custom fields."""

from dataclasses import dataclass
from typing import ClassVar

from crm.kernel.events.bus import DomainEvent


@dataclass(frozen=True, kw_only=True)
class FieldJobReady(DomainEvent):
    """Work on the values of a field waits for a worker. `subject_id` is the job's id."""

    name: ClassVar[str] = "fieldjob.ready"
    kind: ClassVar[str] = "fieldjob"
