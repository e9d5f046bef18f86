"""What happens to contacts and companies, as events (W2): ids and names of fields.

Values come from records and history.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.kernel.events.bus import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ContactEvent(DomainEvent):
    """Base of the events of one contact; `company_id` is its company at that moment."""

    kind: ClassVar[str] = "contact"

    company_id: UUID | None = None

    @property
    def contact_id(self) -> UUID:
        """The contact to whom it happened."""
        return self.subject_id


@dataclass(frozen=True, kw_only=True)
class ContactCreated(ContactEvent):
    """A contact was made."""

    name: ClassVar[str] = "contact.created"

    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ContactChanged(ContactEvent):
    """Fields of a contact changed; `fields` are their names, `emails` and `phones` among them."""

    name: ClassVar[str] = "contact.changed"

    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ContactBinned(ContactEvent):
    """A contact was put into the bin (R8)."""

    name: ClassVar[str] = "contact.binned"


@dataclass(frozen=True, kw_only=True)
class ContactRestored(ContactEvent):
    """A contact came back from the bin."""

    name: ClassVar[str] = "contact.restored"


@dataclass(frozen=True, kw_only=True)
class LeadReturned(ContactEvent):
    """A known address came in again (R4): no second contact was made. `source` is where it came from."""

    name: ClassVar[str] = "lead.returned"

    source: str = ""
    reopened: bool = False


@dataclass(frozen=True, kw_only=True)
class LeadStatusChanged(ContactEvent):
    """The status of a lead changed (R4)."""

    name: ClassVar[str] = "lead.status_changed"

    from_status: str = ""
    to_status: str = ""


@dataclass(frozen=True, kw_only=True)
class CompanyEvent(DomainEvent):
    """Base of the events of one company."""

    kind: ClassVar[str] = "company"

    @property
    def company_id(self) -> UUID:
        """The company to which it happened."""
        return self.subject_id


@dataclass(frozen=True, kw_only=True)
class CompanyCreated(CompanyEvent):
    """A company was made."""

    name: ClassVar[str] = "company.created"

    owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(CompanyEvent):
    """Fields of a company changed; `domains`, `emails` and `phones` among them."""

    name: ClassVar[str] = "company.changed"

    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompanyBinned(CompanyEvent):
    """A company was put into the bin (R8); its contacts and deals stay and lose the link: subscribers drop theirs."""

    name: ClassVar[str] = "company.binned"


@dataclass(frozen=True, kw_only=True)
class CompanyRestored(CompanyEvent):
    """A company came back from the bin.

    `binned_by` is the change-set that had put it there, for links to bring back.
    """

    name: ClassVar[str] = "company.restored"

    binned_by: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class OwnerChanged(DomainEvent):
    """A contact or company has another owner; `record_kind` says which of the two the subject is."""

    name: ClassVar[str] = "record.owner_changed"

    record_kind: str
    from_owner_id: UUID | None = None
    to_owner_id: UUID | None = None
    company_id: UUID | None = None

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The kind of the record, since both kinds share this event."""
        return self.record_kind


@dataclass(frozen=True, kw_only=True)
class ContactMerged(ContactEvent):
    """Another contact, `loser_id`, became part of this one (M3); `fields` are those of the survivor that changed."""

    name: ClassVar[str] = "contact.merged"

    loser_id: UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompanyMerged(CompanyEvent):
    """Another company, `loser_id`, became part of this one (M3); `fields` are those of the survivor that changed."""

    name: ClassVar[str] = "company.merged"

    loser_id: UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MergeUndone(DomainEvent):
    """A contact or company is changed by the undo of a merge, or by its being done again: the survivor or the other (M4).

    `into_id` is the record that it is part of now.
    """

    name: ClassVar[str] = "record.merge_undone"

    record_kind: str
    into_id: UUID | None = None

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The kind of the record, since both kinds share this event."""
        return self.record_kind
