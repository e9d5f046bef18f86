"""How rows of this app follow a merged record."""

from contacts.models import Company
from crm.kernel.core.relations import Merging, Relation, move_rows


def move_subsidiaries(relation: Relation, merging: Merging) -> None:
    """Put the companies below the merged one below the survivor; the survivor itself gets its parent by the choices."""
    Company.objects.filter(pk=merging.survivor_id, parent=merging.loser_id).update(parent=None)
    move_rows(relation, merging)
