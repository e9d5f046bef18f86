"""`python -m bench`: fills its own database if need be, measures, prints ratios against the floors, writes JSON.

SIZE=large|huge, ROUNDS=3; `--only pages,counts` runs a part. `bench-results/<size>.json` keeps the figures.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
PARTS = (
    "pages",
    "counts",
    "lists",
    "reports",
    "throughput",
    "import",
    "bulk",
    "export",
    "duplicates",
    "rules",
    "memory",
    "start",
)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--size", choices=("large", "huge"), default=os.environ.get("SIZE", "large"))
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    parser.add_argument("--requests", type=int, default=25, help="requests of each page in a round (default 25)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, divided by commas: {', '.join(PARTS)}")
    return parser.parse_args()


def prepare(size: str) -> Path:
    """Point this process at the bench's own data folder and fill it unless it is filled; return the folder."""
    var = Path(os.environ.get("BENCH_VAR") or BASE / "var") / f"bench-{size}"
    os.environ.pop("CRM_TESTING", None)
    os.environ["CRM_VAR"], os.environ["DJANGO_SETTINGS_MODULE"] = str(var), "bench.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from crm.kernel.users.models import User

    call_command("migrate", verbosity=0, interactive=False)
    if not User.objects.exists():
        print(f"Filling {var} ...", flush=True)
        subprocess.run([sys.executable, "manage.py", "demo", "--size", size], cwd=BASE, check=True, env=os.environ)
    call_command("collectstatic", interactive=False, verbosity=0)
    return var


def main() -> None:
    """Measure."""
    options = arguments()
    var = prepare(options.size)
    from . import parts
    from .measure import load

    print(f"Size {options.size}; load before: {load()}", flush=True)
    for part in options.only.split(","):
        getattr(parts, f"measure_{part}" if part != "import" else "measure_imports")(options, var)
    print(f"\nLoad after: {load()}")


if __name__ == "__main__":
    main()
