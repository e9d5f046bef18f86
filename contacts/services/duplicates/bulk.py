"""Merging all certain pairs at once, through the engine of bulk actions: progress, one change-set, a word for each left out."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import DuplicatePair, survivors_of
from contacts.services.merging import merge_records
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.bulk import registry
from crm.kernel.listing.bulk.registry import Applied, BulkAction

from .finding import MODELS


class MergeAction(BulkAction):
    """Make each chosen pair one; the record that was here first is kept, its empty fields are filled."""

    label = gettext_lazy("Merge duplicates")
    short = gettext_lazy("Merge")
    icon = "git-merge"
    said = gettext_lazy("merged duplicates")
    submit = gettext_lazy("Merge them")
    record_kind: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(DuplicatePair)
        self.kind = f"{self.record_kind}_pair"

    def visible(self, actor: Actor) -> bool:
        """Merging many needs the right to merge and the one to bulk edit."""
        return actor.may("bulk") and actor.may("merge") and not actor.scope(self.record_kind, "edit").nothing

    def rows(self) -> Any:
        """Return all pairs of the kind."""
        return DuplicatePair.objects.filter(record_kind=self.record_kind)

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Merge the pairs one after the other; what one of them was merged into meanwhile stands for it."""
        applied = Applied(set())
        for pair in self.rows().filter(pk__in=ids).order_by("-score", "pk"):
            try:
                with transaction.atomic():
                    if self._merge(pair, actor):
                        applied.changed.add(pair.pk)
            except Refused as error:
                applied.refused[pair.pk] = error.message
            except PermissionDenied:
                applied.refused[pair.pk] = _("You may not change both of them.")
            except ObjectDoesNotExist:
                applied.refused[pair.pk] = registry.not_found()
        return applied

    def _merge(self, pair: DuplicatePair, actor: Actor) -> bool:
        ways = survivors_of(MODELS[self.record_kind], [pair.first_id, pair.second_id])
        first, second = (ways.get(pk, pk) for pk in (pair.first_id, pair.second_id))
        if first == second:
            return False
        merge_records(kind=self.record_kind, survivor_id=first, loser_id=second, actor=actor)
        return True

    def heading(self, number: str, count: int) -> str:
        """Return the dialog's heading."""
        return ngettext("Merge %(number)s certain pair", "Merge %(number)s certain pairs", count) % {"number": number}

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d pair merged", "%(count)d pairs merged", count) % {"count": count}


class MergeContacts(MergeAction):
    """Merge pairs of contacts."""

    key = "merge_contact"
    record_kind = "contact"


class MergeCompanies(MergeAction):
    """Merge pairs of companies."""

    key = "merge_company"
    record_kind = "company"


def register() -> None:
    """Offer both; called when the app is ready."""
    registry.register(MergeContacts(), MergeCompanies())
