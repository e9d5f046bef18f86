"""How many SQL statements a page costs: session and person included, BEGIN, COMMIT and savepoints not."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.kernel.users.models import User

from .pages import EMAILS, REP, Mover, Records

CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
LIMITS = {
    "list": (8, 6),
    "contact": (12, 10),
    "board": (10, 8),
    "my day": (12, 10),
    "move": (14, 12),
    "overview": (10, 8),
}


def counted(ask: Callable[[], Any]) -> list[str]:
    """Return the statements that a request ran."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    return [q["sql"] for q in captured.captured_queries if not q["sql"].upper().startswith(CONTROL)]


def client_of(who: str) -> Client:
    """Return a client that is logged in, and has asked for a page before: the first one stores a few things."""
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email=EMAILS[who]))
    client.get("/contacts/")
    return client


def statement_counts(records: Records) -> dict[str, int]:
    """Return the number of statements of each page of the table, and of a stage move."""
    client = client_of(REP)
    admin = client_of("admin")
    mover = Mover()
    pk, version, there = next(mover.deals)
    asks: dict[str, Callable[[], Any]] = {
        "list": lambda: client.get("/contacts/"),
        "contact": lambda: admin.get(f"/contacts/{records.star}/"),
        "board": lambda: client.get("/deals/board/"),
        "my day": lambda: client.get("/"),
        "overview": lambda: client.get("/reports/"),
        "move": lambda: admin.post(
            f"/deals/{pk}/move/", {"stage": there, "version": version, "board": "1"}, headers={"HX-Request": "true"}
        ),
    }
    for name, ask in asks.items():
        if name != "move":
            ask()  # what a process reads once is not the page's
    return {name: len(counted(ask)) for name, ask in asks.items()}
