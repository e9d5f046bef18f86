"""System entries of the timeline: rows like any activity, written where the change is made (R5, R7)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from activities.models import Activity, ActivityContact
from crm.kernel.core.bulk import insert_rows
from crm.kernel.core.changes import Actor
from crm.kernel.core.ids import uuid7


@dataclass(kw_only=True, slots=True)
class Entry:
    """One line on the timelines of a deal, a company and contacts. `system` says what happened, `data` the details."""

    system: str
    at: dt.datetime
    deal_id: UUID | None = None
    company_id: UUID | None = None
    contact_ids: tuple[UUID, ...] = ()
    stage_change_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


def write_entries(entries: Sequence[Entry], actor: Actor | None) -> None:
    """Write system entries in two statements, whatever their number. They move no clock (P8)."""
    rows = [_build(entry, actor) for entry in entries]
    insert_rows(Activity, rows)
    links = [
        {"id": uuid7(), "activity_id": row["id"], "contact_id": pk, "at": row["at"]}
        for row, entry in zip(rows, entries, strict=True)
        for pk in dict.fromkeys(entry.contact_ids)
    ]
    insert_rows(ActivityContact, links)


def _build(entry: Entry, actor: Actor | None) -> dict[str, Any]:
    """Return the row of an entry; who did it, if not a person, is named in its data."""
    data = entry.data if actor is None or actor.kind == "user" else {**entry.data, "by": actor.label, "as": actor.kind}
    return {
        "id": uuid7(),
        "type": Activity.Type.SYSTEM,
        "system": entry.system,
        "user_id": actor.id if actor is not None else None,
        "deal_id": entry.deal_id,
        "company_id": entry.company_id,
        "at": entry.at,
        "completed_at": entry.at,
        "stage_change_id": entry.stage_change_id,
        "data": data,
        "created_at": entry.at,
        "updated_at": entry.at,
    }
