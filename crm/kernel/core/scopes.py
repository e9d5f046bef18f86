"""Whose records somebody may reach: the answer to "view", "edit" or "delete" for one kind of record (U2, U3)."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Scope:
    """`owners` is None for everybody's records; `unowned` says whether records without an owner are included."""

    owners: frozenset[UUID] | None
    unowned: bool

    @property
    def everything(self) -> bool:
        """True if no record is out of reach."""
        return self.owners is None

    @property
    def nothing(self) -> bool:
        """True if no record is within reach."""
        return self.owners is not None and not self.owners and not self.unowned

    def covers(self, owner_id: UUID | None) -> bool:
        """Say whether a record of this owner is within reach."""
        if self.owners is None:
            return True
        return self.unowned if owner_id is None else owner_id in self.owners

    def filter(self, column: str = "owner_id") -> Q:
        """Return the condition on a query; a literal list of ids, since a sub-select on teams is a thousand times slower."""
        if self.owners is None:
            return Q()
        condition = Q(**{f"{column}__in": sorted(self.owners)}) if self.owners else Q(pk__in=[])
        return condition | Q(**{f"{column}__isnull": True}) if self.unowned else condition


EVERYTHING = Scope(None, True)
NOTHING = Scope(frozenset(), False)
