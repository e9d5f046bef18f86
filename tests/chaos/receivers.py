"""What mails and webhooks of the long run arrive at: a mail server and a web server that keep what they were given."""

import asyncio
import http.server
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

SLOWEST = 0.1  # seconds that an answer takes at most: time for a kill between the arrival and its commit


class MailBox:
    """Counts what arrived by Message-ID, before it answers."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.dice = random.Random(3)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail."""
        self.arrived[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        await asyncio.sleep(self.dice.uniform(0, SLOWEST))
        return "250 taken"


class Hook:
    """Counts what arrived by (idempotency key, body), before it answers."""

    def __init__(self, port: int) -> None:
        self.arrived: Counter[tuple[str, bytes]] = Counter()
        arrived, dice = self.arrived, random.Random(4)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                arrived[self.headers["Idempotency-Key"], body] += 1
                time.sleep(dice.uniform(0, SLOWEST))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


@contextmanager
def receivers(smtp_port: int, http_port: int) -> Iterator[tuple[MailBox, Hook]]:
    """Let both answer while the block runs. Processes that are to be forked are forked before: both have threads."""
    box, hook = MailBox(), Hook(http_port)
    controller = Controller(box, hostname="127.0.0.1", port=smtp_port)
    controller.start()
    threading.Thread(target=hook.server.serve_forever, daemon=True).start()
    try:
        yield box, hook
    finally:
        hook.server.shutdown()
        hook.server.server_close()
        controller.stop()
