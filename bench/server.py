"""The server under test: the product's own, on the bench's database, with the floors beside it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
READY_SECONDS = 60


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str = "/healthz") -> bool:
    """Say whether the site answers, whatever it says."""
    client = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        client.request("GET", path)
        return client.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def wait_until_ready(process: subprocess.Popen[bytes], port: int, seconds: float = READY_SECONDS) -> float:
    """Wait until the site answers and return how long it took; raises RuntimeError if it ends or takes too long."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with status {process.returncode}.")
        if answers(port):
            return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"The server did not answer within {seconds:.0f} s.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and all that it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(workers: int = 2) -> Iterator[int]:
    """Serve product and floors while the block runs; gives the port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.serve", str(port), str(workers)]
    process = subprocess.Popen(command, start_new_session=True, env=os.environ | {"DEBUG": "0"})
    try:
        wait_until_ready(process, port)
        yield port
    finally:
        stop(process)
