"""The whole stack on one machine: its memory at rest, its start times, and how many requests it serves at once."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import Person
from .server import answers, free_port, stop, wait_until_ready

BASE = Path(__file__).resolve().parent.parent
FRESH_SECONDS = 300


@contextmanager
def run_all(var: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Run web, worker and beat on a data folder; gives the process, the port and the seconds until it answered."""
    port = free_port()
    command = [sys.executable, "manage.py", "run_all", "--port", str(port), "--no-demo"]
    environment = os.environ | {"CRM_VAR": str(var), "DEBUG": "0", "DJANGO_SETTINGS_MODULE": "crm.settings"}
    process = subprocess.Popen(command, cwd=BASE, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield process, port, wait_until_ready(process, port)
    finally:
        stop(process)


def children_of(pid: int) -> set[int]:
    """Return a process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                stat = (path / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(path.name))
    found, waiting = set(), [pid]
    while waiting:
        each = waiting.pop()
        found.add(each)
        waiting += parents.get(each, [])
    return found


def pss_mib(pids: set[int]) -> float:
    """Return the memory that processes take, shared pages divided among those who share them."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def memory_at_rest(var: Path, cookies: dict[str, str], paths: list[str], *, rest: float = 20) -> dict[str, float]:
    """Return the memory of the whole stack (PSS, MiB) some time after load: database, and everything else."""
    with run_all(var) as (process, port, _seconds):
        postmaster = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
        people = [Person(port, cookies) for _ in range(4)]
        for _ in range(25):
            for person in people:
                for path in paths:
                    person.get(path)
        time.sleep(rest)
        database = pss_mib(children_of(postmaster))
        ours = pss_mib(children_of(process.pid) - children_of(postmaster))
    return {"database": database, "web, worker, beat": ours, "all": database + ours}


def requests_per_second(
    port: int, cookies: dict[str, str], path: str, *, clients: int = 8, seconds: float = 4
) -> float:
    """Return how many requests a second are answered to so many clients that ask all the time."""
    until = time.monotonic() + seconds
    counts = [0] * clients

    def ask(number: int) -> None:
        person = Person(port, cookies)
        while time.monotonic() < until:
            if person.get(path).status == 200:
                counts[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def start_times() -> dict[str, float]:
    """Return the seconds from `make run` in a fresh clone until the site answers, and those of a later start."""
    folder = Path(tempfile.mkdtemp(prefix="crm-clone-"))
    folder.chmod(0o755)
    try:
        clone = folder / "crm"
        subprocess.run(["git", "clone", "-q", str(BASE), str(clone)], check=True)
        return {"fresh": _start(clone), "later": _start(clone)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(clone: Path) -> float:
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("CRM_VAR", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV")}
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=environment | {"PORT": str(port)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() - began > FRESH_SECONDS:
                raise RuntimeError("`make run` did not bring the site up.")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        stop(process)
