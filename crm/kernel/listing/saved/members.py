"""Lists of records: made, filled from a selection or a filter, emptied, deleted; every command can be undone (H2)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused

from .models import RecordList, RecordListMember
from .services import checked_sharing, stored

MOST = 100_000
ADD = """
INSERT INTO listing_recordlistmember (id, list_id, record_id)
SELECT public.crm_uuid7(), %s, chosen.id FROM ({rows}) AS chosen (id)
ON CONFLICT (list_id, record_id) DO NOTHING
"""


@command("listing.list_made")
def create_list(*, record_kind: str, values: Mapping[str, Any], actor: Actor, rows: Any = None) -> RecordList:
    """Make a list of a kind of record, with `rows` (a query set of what the actor may see) on it.

    Raises Refused for a missing name, one that the actor has already, or more than 100,000 rows.
    """
    made = RecordList(record_kind=record_kind, owner=actor.user, **checked_sharing(values))
    stored(made)
    if rows is not None:
        _add(made, rows)
    return made


@command("listing.list_changed")
def change_list(*, list_id: UUID, values: Mapping[str, Any], actor: Actor) -> RecordList:
    """Change a list's name or sharing. Raises DoesNotExist if the actor may not see it, PermissionDenied if it is not theirs."""
    held = _held(list_id, actor)
    for name, value in checked_sharing(values).items():
        setattr(held, name, value)
    stored(held)
    return held


@command("listing.list_deleted")
def delete_list(*, list_id: UUID, actor: Actor) -> RecordList:
    """Delete a list; the records on it stay. Raises like `change_list`."""
    held = _held(list_id, actor)
    RecordListMember.objects.filter(list=held.pk).delete()
    RecordList.objects.filter(pk=held.pk).delete()
    return held


@command("listing.list_filled")
def add_to_list(*, list_id: UUID, rows: Any, actor: Actor) -> int:
    """Put records on a list and return how many were new; `rows` is a query set of what the actor may see.

    One statement, whatever their number. Raises like `change_list`, and Refused above 100,000 rows.
    """
    return _add(_held(list_id, actor), rows)


@command("listing.list_emptied")
def take_from_list(*, list_id: UUID, rows: Any, actor: Actor) -> int:
    """Take records off a list and return how many were on it. Raises like `change_list`."""
    held = _held(list_id, actor)
    found = RecordListMember.objects.filter(list=held, record_id__in=rows.order_by().values("pk"))
    return int(found.delete()[0])


def forget_members(record_ids: list[UUID]) -> int:
    """Take purged records off all lists (R8); called under the change-set of the purge."""
    return int(RecordListMember.objects.filter(record_id__in=record_ids).delete()[0])


def _add(held: RecordList, rows: Any) -> int:
    ids = rows.order_by().values("pk")
    if len(ids[MOST : MOST + 1]):
        raise Refused(_("A list holds at most 100,000 records at once. Narrow the selection down."))
    sql, params = ids.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(ADD.format(rows=sql), [held.pk, *params])
        return int(cursor.rowcount)


def _held(list_id: UUID, actor: Actor) -> RecordList:
    held: RecordList = RecordList.objects.visible_to(actor).locked().get(pk=list_id)
    actor.require("edit", held)
    return held
