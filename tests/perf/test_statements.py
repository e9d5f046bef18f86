"""How many SQL statements each page costs: kept in statements.json, equal at 5 and at 60 rows, within the limits.

After a change on purpose: `UPDATE_STATEMENTS=1 make test ARGS=tests/perf/test_statements.py`, and look at the difference.
"""

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.kernel.core import remember
from crm.kernel.core.changes import Actor
from crm.kernel.listing.bulk.engine import perform as change_in_bulk
from crm.kernel.listing.bulk.services import begin_bulk
from crm.kernel.listing.exports.engine import perform as write_export
from crm.kernel.listing.exports.services import begin_export
from crm.kernel.listing.selection import Selection
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from crm.reports import kept
from deals.models import Pipeline

from .conftest import Desk

BASELINE = Path(__file__).with_name("statements.json")
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
# Session and person are two of them. The limits are those of the product's table of speeds.
LIMITS = {"list": 8, "contact": 12, "record": 14, "board": 10, "day": 12, "move": 14, "overview": 10}
PAGES: dict[str, tuple[str, Callable[[Desk], str]]] = {
    "contacts": ("list", lambda desk: "/contacts/"),
    "contacts, filtered": ("list", lambda desk: f"/contacts/?owner=me&company={desk.company.pk}&q=person3%40desk"),
    "companies": ("list", lambda desk: "/companies/"),
    "leads": ("list", lambda desk: "/leads/"),
    "deals": ("list", lambda desk: "/deals/"),
    "tasks": ("list", lambda desk: "/tasks/"),
    "activities": ("list", lambda desk: "/activities/"),
    "deleted contacts": ("list", lambda desk: "/contacts/bin/"),
    "deleted companies": ("list", lambda desk: "/companies/bin/"),
    "deleted deals": ("list", lambda desk: "/deals/bin/"),
    "deleted tasks": ("list", lambda desk: "/tasks/bin/"),
    "deleted activities": ("list", lambda desk: "/activities/bin/"),
    "contact": ("contact", lambda desk: f"/contacts/{desk.contact.pk}/"),
    "company": ("record", lambda desk: f"/companies/{desk.company.pk}/"),
    "deal": ("record", lambda desk: f"/deals/{desk.deal.pk}/"),
    "board": ("board", lambda desk: "/deals/board/"),
    "board as of": ("board", lambda desk: f"/deals/board/?as_of={Workspace.current().today() - dt.timedelta(days=2)}"),
    "deals as of": ("list", lambda desk: f"/deals/?as_of={Workspace.current().today() - dt.timedelta(days=2)}"),
    "my day": ("day", lambda desk: "/"),
    "duplicates": ("record", lambda desk: "/duplicates/"),
    "overview": ("overview", lambda desk: "/reports/"),
    "overview, as of": ("overview", lambda desk: f"/reports/?as_of={desk.deal.created_at:%Y-%m-%d}"),
    "forecast": ("overview", lambda desk: "/reports/forecast/"),
    "stage conversion": ("overview", lambda desk: "/reports/conversion/"),
    "won and lost": ("overview", lambda desk: "/reports/win-loss/"),
    "customers": ("overview", lambda desk: "/reports/customers/"),
    "outgoing mail": ("list", lambda desk: "/settings/outbox/"),
    "e-mail templates": ("list", lambda desk: "/settings/templates/"),
    "changes": ("list", lambda desk: "/audit/"),
    "search": ("list", lambda desk: "/search/?q=person"),
    "notification settings": ("list", lambda desk: "/settings/notifications/"),
}


@pytest.fixture(autouse=True)
def _nothing_forgotten(monkeypatch):
    """Keep what a process keeps for seconds: a slow machine must not ask again in the middle of a count."""
    monkeypatch.setattr(remember, "SECONDS", 1e9)
    monkeypatch.setattr(kept, "SECONDS", 0)  # but figures of reports are counted as if nobody had asked for them yet
    monkeypatch.setattr(Workspace, "CACHE_SECONDS", 1e9)


def statements(ask: Callable[[], object]) -> list[str]:
    """Return the statements that a request runs, without those that open and close transactions."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    return [q["sql"] for q in captured.captured_queries if not q["sql"].upper().startswith(CONTROL)]


def check(name: str, found: list[str]) -> None:
    """Compare with the baseline, or store it if asked to."""
    known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if os.environ.get("UPDATE_STATEMENTS"):
        known[name] = len(found)
        BASELINE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    assert known.get(name) == len(found), f"{name}: {len(found)} statements\n" + "\n".join(s[:200] for s in found)


@pytest.mark.parametrize("count", [5, 60])
def test_pages_cost_as_many_statements_at_sixty_rows_as_at_five(client_of, desk_of, count):
    desk = desk_of(count)
    client: Client = client_of(desk.rep)
    wrong = []
    for name, (kind, address) in PAGES.items():
        path = address(desk)
        client.get(path)  # what a process reads once, and the recent view, are not the page's
        found = statements(lambda path=path: client.get(path))
        try:
            check(name, found)
            assert len(found) <= LIMITS[kind], f"{name}: {len(found)} statements, at most {LIMITS[kind]}"
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("count", [5, 60])
def test_pages_of_runs_cost_as_many_statements_at_sixty_records_as_at_five(client_of, desk_of, admin: User, count):
    desk_of(count)
    actor, client = Actor.of(admin), client_of(admin)
    chosen = Selection("contacts", "", all=True)
    bulk = begin_bulk(actor=actor, selection=chosen, action="edit", params={"field": ["source"], "source": ["Fair"]})
    change_in_bulk(bulk)
    export = begin_export(actor=actor, selection=chosen, format="csv", what="columns")
    write_export(export)
    bulk.refresh_from_db()
    pages = {
        "bulk run": f"/bulk/runs/{bulk.pk}/",
        "export run": f"/export/{export.pk}/",
        "change in bulk": f"/audit/{bulk.changeset_id}/",
    }
    for name, path in pages.items():
        assert client.get(path).status_code == 200, name
        check(name, statements(lambda path=path: client.get(path)))


@pytest.mark.parametrize("count", [5, 60])
def test_a_stage_move_costs_at_most_fourteen_statements(client_of, desk_of, pipeline: Pipeline, count):
    desk = desk_of(count)
    client: Client = client_of(desk.rep)
    client.get("/deals/board/")
    there = pipeline.stages.open().order_by("position")[2]
    values = {"stage": there.pk, "version": desk.deal.version, "board": "1"}
    path = f"/deals/{desk.deal.pk}/move/"
    found = statements(lambda: client.post(path, values, headers={"HX-Request": "true"}))
    desk.deal.refresh_from_db()
    assert desk.deal.stage_id == there.pk
    check("move", found)
    assert len(found) <= LIMITS["move"], "\n".join(s[:200] for s in found)
