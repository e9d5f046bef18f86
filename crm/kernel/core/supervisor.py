"""Runs several parts of the stack as children of one process: all of them, or none; and commands apart.

The children are forked from a process that has loaded everything, so they share most of their memory.
"""

import ctypes
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from types import FrameType

from django.conf import settings

PATIENCE = 15  # seconds that children get to finish what they do before they are killed
PR_SET_PDEATHSIG = 1  # Linux prctl(2): signal me when my parent dies

log = logging.getLogger(__name__)
_fork = multiprocessing.get_context("fork")
_libc = ctypes.CDLL(None)


class Supervisor:
    """Starts parts, waits until one ends or a signal comes, then stops all of them."""

    def __init__(self, log: Callable[[str], object]) -> None:
        self.log = log
        self.children: dict[str, multiprocessing.process.BaseProcess] = {}
        self.interrupted = False

    def start(self, name: str, target: Callable[[], object]) -> None:
        """Fork a child that runs `target`; its return ends the child."""
        child = _fork.Process(name=name, target=_run, args=(target, os.getpid()))
        child.start()
        self.children[name] = child

    def watch(self) -> None:
        """Note from now on if somebody asks us to end (Ctrl-C, TERM, a closed terminal)."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)

    def wait(self) -> int:
        """Wait for a signal or the end of any child, stop all, and return the exit code of the first that ended."""
        try:
            code = 0
            while not self.interrupted:
                if ended := self.ended():
                    name, code = ended
                    self.log(f"{name} ended with status {code}: stopping everything.")
                    # A part that ends by itself has failed, whatever it says.
                    code = code or 1
                    break
                wait([child.sentinel for child in self.children.values()], timeout=1)
            return code
        finally:
            self.stop()

    def ended(self) -> tuple[str, int] | None:
        """Return the name and exit code of a child that has ended, if any; a signal's number is added to 128."""
        for name, child in self.children.items():
            if child.exitcode is not None:
                return name, child.exitcode if child.exitcode >= 0 else 128 - child.exitcode
        return None

    def stop(self) -> None:
        """Ask all children to end, then kill what is left."""
        for child in self.children.values():
            if child.is_alive():
                child.terminate()
        deadline = time.monotonic() + PATIENCE
        for name, child in self.children.items():
            child.join(max(0.0, deadline - time.monotonic()))
            if child.is_alive():
                self.log(f"{name} did not end in {PATIENCE} s: killed.")
                child.kill()
                child.join()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True


def _run(target: Callable[[], object], parent: int) -> None:
    """Run a part in its child process, which must not outlive the supervisor."""
    # Ctrl-C reaches the whole process group, but only the supervisor acts on it: a part that is told twice may hang.
    # Blocked rather than ignored, since servers install handlers of their own, also in children of theirs.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _end_with_parent()
    if os.getppid() == parent:
        target()


def _end_with_parent() -> None:
    """Let the system end this process (TERM) when the one that started it ends."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


_apart: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}


def start_apart(*command: str) -> None:
    """Start a management command in a process of its own, unless it still runs; it does not outlive this process.

    How it went is told with the next call. Nobody waits for it, and the memory that it takes is given back.
    """
    before = _apart.get(command)
    if before is not None and before.poll() is None:
        return
    if before is not None and before.returncode:
        log.error("%s ended with status %s", " ".join(command), before.returncode)
    arguments = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    # Between fork and exec one call into libc is made, which no thread can hold up.
    _apart[command] = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent)  # noqa: PLW1509
