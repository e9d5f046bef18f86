"""Undo of stage visits (P9): the undone moves keep their rows, marked, and a row leads back to where it was."""

from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from deals.models import Deal, DealContact, StageChange

from .lifecycle import derive_lifecycle
from .searching import refresh_search
from .visits import begin_visits

if TYPE_CHECKING:
    from crm.kernel.audit.undo import RowChange

CONCERNED = """
SELECT contact_id FROM deals_dealcontact WHERE deal_id = ANY(%(deals)s)
UNION
SELECT id FROM contacts_contact WHERE company_id IN (
    SELECT company_id FROM deals_dealhistory WHERE pgh_obj_id = ANY(%(deals)s) AND company_id IS NOT NULL
)
"""


def undo_visits(changes: list["RowChange"], actor: Actor, removed: set[UUID]) -> None:
    """Mark the set's moves as undone and lead each deal back; the deals have their old columns again already.

    A deal that has moved on since keeps its way. The way back of an undo that is itself undone is an ordinary move
    again, since the deal then stands where it was moved. Visits of deals that are removed go along with them, and come
    back with them.
    """
    gone = [change.before for change in changes if change.removed and change.now is None]
    StageChange.objects.bulk_create([StageChange(**before) for before in gone if before is not None])
    made: dict[UUID, list[RowChange]] = defaultdict(list)
    for change in changes:
        if change.created and change.now is not None:
            made[change.now["deal_id"]].append(change)
    back: dict[UUID, UUID] = {}
    marked: list[UUID] = []
    forward: set[UUID] = set()
    stages = dict(Deal.objects.filter(pk__in=list(made)).values_list("pk", "stage_id"))
    running = StageChange.objects.filter(deal__in=list(stages), until__isnull=True)
    for deal_id, stands_at in running.values_list("deal_id", "to_stage_id"):
        if stages[deal_id] == stands_at:
            continue
        moves = sorted((move.now for move in made[deal_id] if move.now is not None), key=itemgetter("at"))
        marked += [move["id"] for move in moves]
        back[deal_id] = moves[-1]["id"]
        if moves[-1]["undoes_id"] is not None:
            forward.add(deal_id)
    if not back:
        return
    now = timezone.now()
    StageChange.objects.filter(pk__in=marked, undone_at__isnull=True).update(undone_at=now)
    begin_visits(list(back), at=now, actor=actor, undoes={pk: move for pk, move in back.items() if pk not in forward})
    Deal.objects.filter(pk__in=list(back)).update(stage_version=models.F("version"))


def recompute_deals(deal_ids: Iterable[UUID]) -> None:
    """Recompute what follows from deals after an undo or an import: search text, and the lifecycle of people.

    The deals may be gone by now, so their companies, past ones too, are taken from history.
    """
    ids = list(deal_ids)
    refresh_search(ids)
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED, {"deals": ids})
        derive_lifecycle(row[0] for row in cursor.fetchall())


def recompute_people(link_ids: Iterable[UUID]) -> None:
    """Recompute the same after people came into deals or left them."""
    links = history_of(DealContact).objects.filter(pgh_obj_id__in=list(link_ids))
    pairs = set(links.values_list("deal_id", "contact_id"))
    refresh_search({deal for deal, _contact in pairs})
    derive_lifecycle({contact for _deal, contact in pairs})
