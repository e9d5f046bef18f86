"""Abstract models that every app's records derive from."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .ids import uuid7

if TYPE_CHECKING:
    from .changes import Actor


class Rows(models.QuerySet[Any]):
    """Base of all query sets: `visible_to` is the only door to rows (U3)."""

    def visible_to(self, who: "Actor | Any") -> Self:
        """Return the rows that a person or actor may view. Owned records go by their owner; others override this."""
        return self.filter(who.scope(self.model.kind, "view").filter())

    def editable_by(self, who: "Actor | Any") -> Self:
        """Return the rows that a person or actor may edit."""
        return self.filter(who.scope(self.model.kind, "edit").filter())

    def locked(self) -> Self:
        """Lock the rows until the end of the transaction (only these, not what is joined to them).

        Lock without `select_related`: after waiting for a rival, a changed row no longer fits what was joined to it before
        and would seem to be gone. Fetch what belongs to the row once it is held.
        """
        return self.select_for_update(of=("self",))


class BinnableRows(Rows):
    """Query set of records that can be binned (R8)."""

    def live(self) -> Self:
        """Return what is not in the bin."""
        return self.filter(binned_at__isnull=True)

    def binned(self) -> Self:
        """Return what is in the bin."""
        return self.filter(binned_at__isnull=False)


class Keyed(models.Model):
    """A row with a time-ordered UUID as its key (R1)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class Record(Keyed):
    """A business record: owned by somebody, versioned, binnable, and marked with where it came from (R1, P3, R8).

    `kind` names it in policies, addresses, events and history. `derived` names the columns that services compute:
    they neither raise `version` nor enter history.
    """

    kind: ClassVar[str]
    derived: ClassVar[tuple[str, ...]] = ("updated_at", "version")

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    binned_at = models.DateTimeField(_("in the bin since"), null=True, blank=True, editable=False)
    import_source = models.CharField(_("imported from"), max_length=60, blank=True, editable=False)
    external_id = models.CharField(_("id there"), max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True

    def allows(self, actor: "Actor", verb: str) -> bool:
        """Say whether the actor may view, edit or delete this record by its owner (U2)."""
        return actor.scope(self.kind, verb).covers(self.owner_id)  # type: ignore[attr-defined]

    def undoable_by(self, actor: "Actor") -> bool:
        """Say whether the actor may put this record back as it was: whoever may edit it today (H2)."""
        return self.allows(actor, "edit")
