"""The clocks of deals, contacts and companies, kept as derived columns (P8).

*Last activity* (`last_activity_at`, `last_touch_at`): the last held call or meeting, mail in or out, or note; empty if
there was none, and then creation counts. *Last worked*: the last edit, move or activity by a person. *Next step*: the
earliest open task or planned activity; `next_step_at` is the moment from which it is overdue (for a date-only task the
next midnight where its assignee is, R6), `next_step_due` its day. Automations, imports, plans and opening a page reset
nothing.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection

from activities.models import ActivityContact

TOUCHES = """a.completed_at IS NOT NULL AND a.binned_at IS NULL AND (
    a.type IN ('note', 'email') AND NOT jsonb_exists(a.data, 'as')
    OR (a.type = 'meeting' AND a.outcome IN ('', 'held'))
    OR (a.type = 'call' AND a.outcome IN ('', 'held', 'reached')))"""

BY_A_PERSON = "a.completed_at IS NOT NULL AND a.binned_at IS NULL AND a.type <> 'system' AND a.user_id IS NOT NULL"

# What is to do, as rows (at, due, type, text, has_date); an undated task is a next step too, after all dated ones.
STEPS = """
    SELECT COALESCE(t.due_at, (t.due_on + 1)::timestamp AT TIME ZONE u.timezone) AS at, t.due_on AS due,
           t.type AS type, t.title AS text
    FROM activities_task t JOIN users_user u ON u.id = t.assignee_id
    WHERE {task_link} AND t.done_at IS NULL AND t.binned_at IS NULL
    UNION ALL
    SELECT COALESCE(a.scheduled_at, (a.scheduled_on + 1)::timestamp AT TIME ZONE COALESCE(u.timezone, 'UTC')),
           COALESCE(a.scheduled_on, (a.scheduled_at AT TIME ZONE COALESCE(u.timezone, 'UTC'))::date),
           a.type, left(a.subject, 200)
    FROM activities_activity a LEFT JOIN users_user u ON u.id = a.user_id {activity_join}
    WHERE {activity_link} AND a.completed_at IS NULL AND a.binned_at IS NULL AND a.type <> 'system'
"""

# Taking something back is no work on the record (H2): undo leaves the clock as it was.
EDITED = """
    SELECT max(h.pgh_created_at) FROM {history} h JOIN audit_changeset c ON c.id = h.pgh_context_id
    WHERE h.pgh_obj_id = r.id AND c.actor_kind = 'user' AND c.undo_of_id IS NULL
"""

DEALS = f"""
UPDATE deals_deal d SET last_activity_at = n.touched, last_worked_at = n.worked, next_step_at = n.at,
    next_step_due = n.due, next_step_type = n.type, next_step_text = n.text
FROM (
    SELECT r.id, touch.at AS touched, GREATEST(work.at, ({EDITED.format(history="deals_dealhistory")})) AS worked,
           step.at, step.due, COALESCE(step.type, '') AS type, COALESCE(step.text, '') AS text
    FROM deals_deal r
    LEFT JOIN LATERAL (SELECT a.at FROM activities_activity a WHERE a.deal_id = r.id AND {TOUCHES}
                       ORDER BY a.at DESC LIMIT 1) touch ON true
    LEFT JOIN LATERAL (SELECT a.at FROM activities_activity a WHERE a.deal_id = r.id AND {BY_A_PERSON}
                       ORDER BY a.at DESC LIMIT 1) work ON true
    LEFT JOIN LATERAL (SELECT * FROM ({
    STEPS.format(task_link="t.deal_id = r.id", activity_join="", activity_link="a.deal_id = r.id")
}) s
                       ORDER BY s.at NULLS LAST LIMIT 1) step ON true
    WHERE r.id = ANY(%s)
) n
WHERE d.id = n.id AND (d.last_activity_at, d.last_worked_at, d.next_step_at, d.next_step_due, d.next_step_type,
    d.next_step_text) IS DISTINCT FROM (n.touched, n.worked, n.at, n.due, n.type, n.text)
"""

OF_CONTACT = (
    "FROM activities_activitycontact l JOIN activities_activity a ON a.id = l.activity_id WHERE l.contact_id = r.id"
)

CONTACTS = f"""
UPDATE contacts_contact d SET last_touch_at = n.touched, last_worked_at = n.worked, next_step_at = n.at
FROM (
    SELECT r.id, touch.at AS touched,
           GREATEST(work.at, ({EDITED.format(history="contacts_contacthistory")})) AS worked, step.at
    FROM contacts_contact r
    LEFT JOIN LATERAL (SELECT l.at {OF_CONTACT} AND {TOUCHES} ORDER BY l.at DESC LIMIT 1) touch ON true
    LEFT JOIN LATERAL (SELECT l.at {OF_CONTACT} AND {BY_A_PERSON} ORDER BY l.at DESC LIMIT 1) work ON true
    LEFT JOIN LATERAL (SELECT min(s.at) AS at FROM ({
    STEPS.format(
        task_link="t.contact_id = r.id",
        activity_join="JOIN activities_activitycontact l ON l.activity_id = a.id",
        activity_link="l.contact_id = r.id",
    )
}) s) step ON true
    WHERE r.id = ANY(%s)
) n
WHERE d.id = n.id AND (d.last_touch_at, d.last_worked_at, d.next_step_at) IS DISTINCT FROM (n.touched, n.worked, n.at)
"""

COMPANIES = f"""
UPDATE contacts_company d SET last_touch_at = n.touched
FROM (
    SELECT r.id, touch.at AS touched
    FROM contacts_company r
    LEFT JOIN LATERAL (SELECT a.at FROM activities_activity a WHERE a.company_id = r.id AND {TOUCHES}
                       ORDER BY a.at DESC LIMIT 1) touch ON true
    WHERE r.id = ANY(%s)
) n
WHERE d.id = n.id AND d.last_touch_at IS DISTINCT FROM n.touched
"""


def refresh_clocks(
    *,
    deal_ids: Iterable[UUID | None] = (),
    contact_ids: Iterable[UUID | None] = (),
    company_ids: Iterable[UUID | None] = (),
) -> None:
    """Recompute the clocks of these records, one statement per kind; rows that are right are not written (P8)."""
    for sql, ids in ((DEALS, deal_ids), (CONTACTS, contact_ids), (COMPANIES, company_ids)):
        wanted = sorted({pk for pk in ids if pk is not None})
        if wanted:
            with connection.cursor() as cursor:
                cursor.execute(sql, [wanted])


def refresh_clocks_of_activities(ids: Iterable[UUID]) -> None:
    """Recompute the clocks of all records that these activities are or were linked to: after undo, import, merge.

    Links that the undo removed are in its plan themselves: see `refresh_clocks_of_links`.
    """
    wanted = list(ids)
    refresh_clocks(
        deal_ids=_ever("deal_id", "activities_activityhistory", wanted),
        company_ids=_ever("company_id", "activities_activityhistory", wanted),
        contact_ids=ActivityContact.objects.filter(activity__in=wanted).values_list("contact_id", flat=True),
    )


def refresh_clocks_of_links(ids: Iterable[UUID]) -> None:
    """Recompute the clocks of the contacts of these links between activities and contacts."""
    refresh_clocks(contact_ids=_ever("contact_id", "activities_activitycontacthistory", list(ids)))


def refresh_clocks_of_tasks(ids: Iterable[UUID]) -> None:
    """Recompute the next steps of all records that these tasks are or ever were linked to."""
    wanted = list(ids)
    refresh_clocks(
        deal_ids=_ever("deal_id", "activities_taskhistory", wanted),
        contact_ids=_ever("contact_id", "activities_taskhistory", wanted),
    )


def _ever(column: str, history: str, ids: Collection[UUID]) -> list[UUID]:
    """Return the different values that a column ever had in the history of these rows."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT {column} FROM {history} WHERE pgh_obj_id = ANY(%s) AND {column} IS NOT NULL", [list(ids)]
        )
        return [row[0] for row in cursor.fetchall()]
