"""What happens to deals, as events (W2): ids and names of fields; values come from the records and their history.

`contact_ids` are the people in the deal at that moment and `company_id` its company, so that a subscriber can put an
entry on every timeline that shows the deal without asking again.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.kernel.events.bus import DomainEvent


@dataclass(frozen=True, kw_only=True)
class DealEvent(DomainEvent):
    """Base of the events of one deal; `subject_id` is the deal's id."""

    kind: ClassVar[str] = "deal"

    company_id: UUID | None = None
    contact_ids: tuple[UUID, ...] = ()

    @property
    def deal_id(self) -> UUID:
        """The deal to which it happened."""
        return self.subject_id


@dataclass(frozen=True, kw_only=True)
class DealCreated(DealEvent):
    """A deal was made; `stage_change_id` is the visit that begins with it."""

    name: ClassVar[str] = "deal.created"

    stage_change_id: UUID | None = None
    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealChanged(DealEvent):
    """Fields or people of a deal were edited. `fields` are names of columns, `contacts` for its people.

    A change of the owner carries both; moves have an event of their own.
    """

    name: ClassVar[str] = "deal.changed"

    fields: tuple[str, ...] = ()
    from_owner_id: UUID | None = None
    to_owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealStageChanged(DealEvent):
    """A deal went from one stage to another (P3). Published for every move: wins, losses and reopenings too.

    The kinds are `open`, `won` or `lost` (P2). The way back of
    an undo is told to rules alone that listen to undos (W4): on the timeline its rows tell (P9).
    """

    name: ClassVar[str] = "deal.stage_changed"

    stage_change_id: UUID
    from_stage_id: UUID | None = None
    to_stage_id: UUID
    from_kind: str = ""
    to_kind: str = "open"
    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealWon(DealEvent):
    """A deal was won; comes with the DealStageChanged of the same move."""

    name: ClassVar[str] = "deal.won"

    stage_change_id: UUID
    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealLost(DealEvent):
    """A deal was lost; comes with the DealStageChanged of the same move."""

    name: ClassVar[str] = "deal.lost"

    stage_change_id: UUID
    owner_id: UUID | None = None
    reason_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealReopened(DealEvent):
    """A closed deal is open again (P4); comes with the DealStageChanged of the same move."""

    name: ClassVar[str] = "deal.reopened"

    stage_change_id: UUID
    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DealBinned(DealEvent):
    """A deal was put into the bin (R8); `restated` says that it was won, so numbers of the past changed."""

    name: ClassVar[str] = "deal.binned"

    restated: bool = False


@dataclass(frozen=True, kw_only=True)
class DealRestored(DealEvent):
    """A deal came back from the bin (R8)."""

    name: ClassVar[str] = "deal.restored"

    restated: bool = False


@dataclass(frozen=True, kw_only=True)
class LeadQualified(DealEvent):
    """A lead became a deal (R4). `subject_id` is the deal, `contact_id` the lead that was qualified."""

    name: ClassVar[str] = "lead.qualified"

    contact_id: UUID
