"""Parent companies in a merge: children follow, and no company comes to stand below itself (R3, M3)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from contacts.models import Company
from contacts.services.companies import ABOVE
from crm.kernel.core.errors import Refused


def settle_parent(survivor: Company, loser: Company, values: dict[str, Any], *, chosen: bool) -> None:
    """Put the parent of the merged company into `values`, or raise Refused where the chosen one makes a circle.

    Without a choice the first of both parents that makes none is taken. All changes of parents wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('contacts.company_parents'))")
        cursor.execute(ABOVE, [[pk for pk in (survivor.parent_id, loser.parent_id) if pk]])
        above = dict(cursor.fetchall())
    pair = {survivor.pk, loser.pk}
    # A parent that becomes the company itself is no choice that anybody could mean.
    chosen = chosen and values["parent_id"] not in pair
    wanted = [values["parent_id"]] if chosen else [values["parent_id"], survivor.parent_id, loser.parent_id]
    for parent in wanted:
        if parent is None or not _stands_below(parent, pair, above):
            values["parent_id"] = parent
            return
    if chosen:
        words = _("That company stands below the merged one, so it cannot be its parent.")
        raise Refused(words, fields={"parent": words})
    values["parent_id"] = None


def _stands_below(company: UUID, pair: set[UUID], above: Mapping[UUID, UUID | None]) -> bool:
    """Say whether a company is one of the two or stands below one of them."""
    at: UUID | None = company
    seen: set[UUID] = set()
    while at is not None and at not in seen:
        if at in pair:
            return True
        seen.add(at)
        at = above.get(at)
    return False
