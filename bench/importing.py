"""`python -m bench.importing FILE`: imports contacts as the worker does, and prints seconds and memory as JSON."""

import json
import sys
import time
from pathlib import Path

from .copies import watched


def main() -> None:
    """Import each file given after the first, which only warms up; the last one is measured."""
    import django

    django.setup()
    from crm.kernel.core.changes import Actor
    from crm.kernel.listing.imports import services
    from crm.kernel.listing.imports.engine import perform
    from crm.kernel.listing.imports.plans import carry_out
    from crm.kernel.users.models import User

    actor = Actor.of(User.objects.select_related("role", "team").get(email="admin@demo.test"), source="command")
    figures: dict[str, object] = {}
    for name in sys.argv[1:]:
        with watched() as memory:
            run = services.receive_path(actor=actor, kind="contacts", path=Path(name))
            run = services.save_columns(actor=actor, run_id=run.pk, mapping=run.mapping, settings={"mode": "upsert"})
            began = time.monotonic()
            run = carry_out(run, actor, dry=True)
            checked = time.monotonic() - began
            services.start_import(actor=actor, run_id=run.pk)
            run.refresh_from_db()
            began = time.monotonic()
            perform(run)
            seconds = time.monotonic() - began
        run.refresh_from_db()
        figures = {
            "seconds": seconds,
            "check_seconds": checked,
            "grown_mib": memory["grown"],
            "created": run.count("created"),
            "errors": run.count("errors"),
            "state": run.state,
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
