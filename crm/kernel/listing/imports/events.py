"""What happens to imports."""

from dataclasses import dataclass
from typing import ClassVar

from crm.kernel.events.bus import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ImportReady(DomainEvent):
    """A run waits for a worker: to be checked, written or undone. `subject_id` is the run's id."""

    name: ClassVar[str] = "import.ready"
    kind: ClassVar[str] = "import"
