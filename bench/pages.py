"""The pages that are measured, with the records that they show."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from .client import Person
from .measure import Case, page

FLOORS = ("F(login)", "F(list)", "F(board)")
ADMIN, REP = "admin", "rep"
EMAILS = {ADMIN: "admin@demo.test", REP: "rep.east@demo.test"}
ENTRIES = 60  # what an ordinary contact's timeline holds, so that its page has a full first screen


@dataclass(frozen=True, slots=True)
class Records:
    """Ids of what the pages show."""

    ordinary: uuid.UUID
    star: uuid.UUID
    deep: str


def rows(statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def choose_records() -> Records:
    """Return the records, giving an ordinary contact its sixty activities in the first run."""
    star = rows("SELECT id FROM contacts_contact WHERE last_name = 'Evergreen' AND first_name = 'Constance'")[0][0]
    ordinary = rows(
        "SELECT id FROM contacts_contact WHERE company_id IS NOT NULL ORDER BY created_at, id OFFSET 1000 LIMIT 1"
    )
    return Records(ordinary[0][0], star, _deep_cursor())


def fill_ordinary(contact_id: uuid.UUID) -> None:
    """Log activities with a contact until its timeline has a full page, through the service."""
    from activities.services.recording import ActivityRow, log_activities
    from crm.kernel.core.changes import Actor
    from crm.kernel.users.models import User

    have = rows("SELECT count(*) FROM activities_activitycontact WHERE contact_id = %s", [contact_id])[0][0]
    start = timezone.now() - dt.timedelta(days=300)
    made = [
        ActivityRow(
            type="call",
            subject=f"Call {n}",
            body="Talked about the sensors.",
            outcome="reached",
            at=start + dt.timedelta(days=n * 4),
            contact_ids=(contact_id,),
        )
        for n in range(ENTRIES - have)
    ]
    if made:
        log_activities(rows=made, actor=Actor.of(User.objects.get(email=EMAILS[ADMIN])))


def _deep_cursor() -> str:
    """Return the address of a page in the middle of the contact list, as its pager would write it."""
    from crm.kernel.listing.sorting import Cursor

    middle = rows("SELECT count(*) / 2 FROM contacts_contact WHERE binned_at IS NULL")[0][0]
    value, pk = rows(
        "SELECT sort_name, id FROM contacts_contact WHERE binned_at IS NULL ORDER BY sort_name, id OFFSET %s LIMIT 1",
        [middle],
    )[0]
    return f"/contacts/?sort=name&after={Cursor(value, pk).encode()}"


def _days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def cases(records: Records) -> list[Case]:
    """Return the floors and all pages of the table."""
    listed = "contact list"
    return [
        Case("F(login)", page("/bench/login/")),
        Case("F(list)", page("/bench/list/")),
        Case("F(board)", page("/bench/board/")),
        Case(listed, page("/contacts/"), floor="F(list)", must=2.5, aim=1.5),
        Case("contact list, rep", page("/contacts/"), REP, "F(list)", 2.5, 1.5),
        Case("contact list, deep page", page(records.deep), floor="F(list)", must=2.5, aim=1.5),
        Case("fragment, rare", page("/contacts/?q=quillfea"), floor=listed, must=1.5, aim=1.1),
        Case("fragment, medium", page("/contacts/?q=vandermee"), floor=listed, must=1.5, aim=1.1),
        Case("fragment, common", page("/contacts/?q=anderss"), floor=listed, must=1.5, aim=1.1),
        Case("fragment, common, rep", page("/contacts/?q=anderss"), REP, "contact list, rep", 1.5, 1.1),
        Case("contact page", page(f"/contacts/{records.ordinary}/"), floor="F(list)", must=3, aim=2),
        Case(
            "contact page, 2,000 activities",
            page(f"/contacts/{records.star}/"),
            floor="contact page",
            must=1.5,
            aim=1.0,
        ),
        Case("board", page("/deals/board/"), floor="F(board)", must=1.5, aim=1.0),
        Case("board as of a month ago", page(f"/deals/board/?as_of={_days_ago(30)}"), floor="board", must=2, aim=1.5),
        Case("board as of a year ago", page(f"/deals/board/?as_of={_days_ago(365)}"), floor="board", must=2, aim=1.5),
        Case("my day", page("/"), REP, "F(list)", 4, 2),
        Case("overview", page("/reports/"), floor="F(list)", must=4, aim=2),
        Case("stage move", Mover().move, floor="F(login)", must=12, aim=8),
    ]


class Mover:
    """Moves open deals to the next stage and back, one after the other, as a drag on the board does."""

    def __init__(self) -> None:
        stages = rows(
            "SELECT s.id FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id"
            " WHERE p.position = 0 AND s.kind_of = 'open' AND s.archived_at IS NULL ORDER BY s.position"
        )
        self.one, self.two = stages[0][0], stages[1][0]
        self.deals = self._endless()

    def _endless(self) -> Iterator[tuple[uuid.UUID, int, uuid.UUID]]:
        while True:
            for here, there in ((self.one, self.two), (self.two, self.one)):
                found = rows(
                    "SELECT id, version FROM deals_deal WHERE stage_id = %s AND binned_at IS NULL ORDER BY random() LIMIT 40",
                    [here],
                )
                connection.close()
                for pk, version in found:
                    yield pk, version, there

    def move(self, person: Person) -> float:
        """Move the next deal; fails loudly unless the answer is the card."""
        pk, version, there = next(self.deals)
        values = {"stage": there, "version": version, "board": "1"}
        answer = person.post(f"/deals/{pk}/move/", values, **{"HX-Target": f"card-{pk}"})
        if answer.status != 200:
            raise RuntimeError(f"The move answered {answer.status}: {answer.body[:300]!r}")
        return answer.ms
