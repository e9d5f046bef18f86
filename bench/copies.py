"""Work that writes is measured on a copy of the database, which is dropped afterwards, in a process of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

COPY = "crm_bench_copy"


@contextmanager
def copied() -> Iterator[str]:
    """Make the copy; gives its name."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    owner = connection.owner_connection()
    owner.settings_dict["NAME"] = "postgres"
    with owner.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {COPY}")
        cursor.execute(f"CREATE DATABASE {COPY} TEMPLATE {name} STRATEGY file_copy")
    try:
        yield COPY
    finally:
        with owner.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {COPY}")
        owner.close()


def in_child(module: str, *words: str) -> dict[str, Any]:
    """Run a module in a process of its own on the copy and return what it prints last, as JSON; fails loudly."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=os.environ | {"BENCH_DATABASE": COPY},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def rss_mib() -> float:
    """Return the memory that this process has in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Give the memory in use before and, at the end, at most; looked at twenty times a second."""
    found = {"before": rss_mib(), "peak": rss_mib()}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            found["peak"] = max(found["peak"], rss_mib())

    watcher = threading.Thread(target=watch, daemon=True)  # failed work must end the process
    watcher.start()
    yield found
    done.set()
    watcher.join()
    found["grown"] = found["peak"] - found["before"]
