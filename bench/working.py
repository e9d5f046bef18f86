"""`python -m bench.working bulk|export|duplicates`: long work as the worker does it; prints seconds and memory as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from .copies import watched

RECORDS = 10_000
EDIT = {"field": ["source", "country"], "source": ["Trade fair"], "country": ["Iceland"]}


def _finished(run: Any) -> Any:
    """Return a run as it ended; raises RuntimeError unless it was done."""
    run.refresh_from_db()
    if run.state != "done":
        raise RuntimeError(f"{run}: {run.state}, {run.error}")
    return run


def _actor() -> Any:
    from crm.kernel.core.changes import Actor
    from crm.kernel.users.models import User

    return Actor.of(User.objects.select_related("role", "team").get(email="admin@demo.test"))


def bulk() -> dict[str, Any]:
    """Edit two fields of, then give away, ten thousand contacts that a list's filter finds; history and undo as ever."""
    from crm.kernel.listing.bulk.engine import perform
    from crm.kernel.listing.bulk.services import begin_bulk
    from crm.kernel.listing.selection import Selection

    from .pages import rows

    of = "SELECT owner_id, count(*) AS n FROM contacts_contact WHERE binned_at IS NULL AND owner_id IS NOT NULL GROUP BY 1"
    summed = f"SELECT owner_id, sum(n) OVER (ORDER BY n DESC, owner_id) - n AS before FROM ({of}) o"
    owners = rows(f"SELECT owner_id FROM ({summed}) s WHERE before < {RECORDS}")
    chosen_by = [["owner", "is", str(row[0])] for row in owners]
    other = rows("SELECT id FROM users_user WHERE email = 'rep.west@demo.test'")[0][0]
    actor, figures = _actor(), {}
    # Loading the code and the first plans are not the records'.
    some = [str(row[0]) for row in rows("SELECT id FROM contacts_contact ORDER BY id DESC LIMIT 200")]
    for action, params in (("edit", EDIT), ("assign", {"owner": [str(other)]})):
        warm = Selection("contacts", f"owner={other}&tag=nobody-has-it", all=True)
        perform(begin_bulk(actor=actor, selection=warm, action=action, params=params))
        perform(begin_bulk(actor=actor, selection=Selection("contacts", "", tuple(some)), action=action, params=params))
        began = time.monotonic()
        chosen = Selection("contacts", urlencode({"where": json.dumps(["any", *chosen_by])}), all=True)
        run = begin_bulk(actor=actor, selection=chosen, action=action, params=params)
        with watched() as memory:
            perform(run)
        seconds = time.monotonic() - began
        run = _finished(run)
        figures[action] = {
            "seconds": seconds, "records": run.count("done"), "per_second": run.count("done") / seconds,
            "refused": run.count("refused"), "grown_mib": memory["grown"],
        }  # fmt: skip
    return figures


def export() -> dict[str, Any]:
    """Write all contacts into a CSV file: the list's columns, then all fields; and half of the records for the memory."""
    from crm.kernel.listing.exports.engine import perform
    from crm.kernel.listing.exports.models import ExportRun
    from crm.kernel.listing.exports.services import begin_export
    from crm.kernel.listing.selection import Selection

    actor, figures = _actor(), {}
    for name, what, query in (
        ("warm", ExportRun.What.COLUMNS, "stage=customer"),
        ("columns", ExportRun.What.COLUMNS, ""),
        ("fields", ExportRun.What.FIELDS, ""),
    ):
        selection = Selection("contacts", query, all=True)
        began = time.monotonic()
        run = begin_export(actor=actor, selection=selection, format="csv", what=what)
        with watched() as memory:
            perform(run)
        seconds = time.monotonic() - began
        run = _finished(run)
        run.path.unlink()
        figures[name] = {
            "seconds": seconds, "rows": run.rows_done, "per_second": run.rows_done / seconds, "bytes": run.size,
            "grown_mib": memory["grown"],
        }  # fmt: skip
    return figures


def duplicates() -> dict[str, Any]:
    """Look at all contacts for duplicates."""
    from contacts.services.duplicates.scan import perform, start_scan

    began = time.monotonic()
    scan = start_scan(kind="contact", actor=_actor())
    with watched() as memory:
        perform(scan)
    scan = _finished(scan)
    return {"seconds": time.monotonic() - began, "peak_mib": memory["peak"], "found": scan.count("found")}


WORK: dict[str, Callable[[], dict[str, Any]]] = {"bulk": bulk, "export": export, "duplicates": duplicates}


def main() -> None:
    """Do one kind of work."""
    import django

    django.setup()
    print(json.dumps(WORK[sys.argv[1]]()))


if __name__ == "__main__":
    main()
