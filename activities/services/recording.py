"""Writing down what happened and planning what is to come: one set-based body for page and import (R5)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from activities.events import ActivityLogged, ActivityPlanned, PeopleMentioned
from activities.models import Activity, ActivityContact
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.ids import uuid7
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from .clocks import refresh_clocks
from .links import Links, check_visible, complete_links
from .mentions import find_mentions, store_mentions

PLANNABLE = (Activity.Type.CALL, Activity.Type.MEETING, Activity.Type.EMAIL)
BATCH = 2000


@dataclass(kw_only=True, slots=True)
class ActivityRow(Links):
    """One activity to write.

    `at` is when it happened (now if empty); with `done=False` and `scheduled_at` or, all day, `scheduled_on` it is
    planned. Without `user_id` it is the actor's. `data` names who did it where that is no person (`by`, `as`).
    """

    type: str
    subject: str = ""
    body: str = ""
    user_id: UUID | None = None
    done: bool = True
    scheduled_at: dt.datetime | None = None
    scheduled_on: dt.date | None = None
    duration: int | None = None
    direction: str = ""
    outcome: str = ""
    pinned: bool = False
    import_source: str = ""
    external_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@command("activities.log")
def log_activity(*, row: ActivityRow, actor: Actor) -> Activity:
    """Write one activity down, or plan it (R5). See `log_activities`."""
    return log_activities(rows=[row], actor=actor)[0]


@command("activities.log")
def log_activities(*, rows: Sequence[ActivityRow], actor: Actor) -> list[Activity]:
    """Write activities down, or plan them (R5): links, deal and company of then, mentions, clocks, events.

    Raises DoesNotExist for a record that the actor may not see, PermissionDenied if they may not write such activities,
    Refused for what cannot be: a note that is planned, a planned activity without a time, something done in the future.
    """
    actor.require_kind("edit", "activity")
    now = business_time()
    for row in rows:
        row.user_id = row.user_id or actor.id
        _check(row, now, actor)
    check_visible(rows, actor)
    complete_links(rows, actor)
    activities = [_build(row, now) for row in rows]
    Activity.objects.bulk_create(activities, batch_size=BATCH)
    ActivityContact.objects.bulk_create(
        [
            ActivityContact(activity=activity, contact_id=pk, at=activity.at)
            for activity, row in zip(activities, rows, strict=True)
            for pk in dict.fromkeys(row.contact_ids)
        ],
        batch_size=BATCH,
    )
    mentioned = store_mentions(find_mentions({a.pk: a.body for a in activities}), {})
    refresh_clocks(
        deal_ids=[a.deal_id for a in activities],
        company_ids=[a.company_id for a in activities],
        contact_ids=[pk for row in rows for pk in row.contact_ids],
    )
    publish(*_events(activities, rows, mentioned), actor=actor)
    return activities


def _check(row: ActivityRow, now: dt.datetime, actor: Actor) -> None:
    """Raise unless the row can be: the right person, a time where one is needed, nothing done that is yet to come."""
    if row.user_id != actor.id and not actor.scope("activity", "edit").covers(row.user_id):
        raise PermissionDenied(f"{actor.label} may not write activities of others.")
    if not row.done and row.type not in PLANNABLE:
        raise Refused(_("A note cannot be planned. Make it a task."), fields={"type": _("A note cannot be planned.")})
    if not row.done and row.scheduled_at is None and row.scheduled_on is None:
        raise Refused(_("Say when."), fields={"scheduled_at": _("Choose a day and time.")})
    if row.done and row.at is not None and row.at > now + dt.timedelta(minutes=1):
        raise Refused(
            _("This is yet to come: plan it instead."), fields={"at": _("Choose a time that has passed, or plan it.")}
        )


def _build(row: ActivityRow, now: dt.datetime) -> Activity:
    """Return the activity of a row; `at` is when it was done or is planned, for all day noon in the workspace (R1)."""
    planned = row.scheduled_at or (Workspace.current().noon(row.scheduled_on) if row.scheduled_on else None)
    at = (row.at or (min(planned, now) if planned else now)) if row.done else planned
    assert at is not None
    return Activity(
        id=uuid7(),
        type=row.type,
        subject=row.subject.strip(),
        body=row.body.strip(),
        user_id=row.user_id,
        company_id=row.company_id,
        deal_id=row.deal_id,
        at=at,
        scheduled_at=None if row.scheduled_on else row.scheduled_at,
        scheduled_on=row.scheduled_on,
        completed_at=at if row.done else None,
        duration=row.duration,
        direction=row.direction,
        outcome=row.outcome,
        pinned_at=now if row.pinned else None,
        created_at=now,
        updated_at=now,
        import_source=row.import_source,
        external_id=row.external_id,
        data=row.data,
    )


def _events(
    activities: Sequence[Activity], rows: Sequence[ActivityRow], mentioned: dict[UUID, set[UUID]]
) -> list[DomainEvent]:
    """Return one event per activity, and one more for each that mentions somebody."""
    events: list[DomainEvent] = []
    for activity, row in zip(activities, rows, strict=True):
        said = event_fields(activity, row.contact_ids)
        events.append((ActivityLogged if row.done else ActivityPlanned)(**said))
        if people := mentioned.get(activity.pk):
            events.append(PeopleMentioned(**said, user_ids=tuple(sorted(people))))
    return events


def event_fields(activity: Activity, contact_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return what every event of an activity says of it."""
    return {
        "subject_id": activity.pk,
        "type": activity.type,
        "company_id": activity.company_id,
        "deal_id": activity.deal_id,
        "contact_ids": tuple(contact_ids),
    }


def require_active(user_ids: set[UUID]) -> None:
    """Raise Refused unless all of these people can log in: open work belongs to somebody who can do it (U4)."""
    if User.objects.active().filter(pk__in=user_ids).count() != len(user_ids):
        message = _("Choose somebody who can sign in.")
        raise Refused(message, fields={"assignee": message, "user": message})
