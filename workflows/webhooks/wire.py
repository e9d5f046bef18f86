"""One signed POST over the wire, with an end to everything: time, size, redirects (W3)."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from .addresses import ForbiddenAddressError, Target, check_target

SECONDS = 10.0  # from connecting to the last byte, redirects included
MOST_ANSWER = 64 * 1024  # bytes that are read of an answer
EXCERPT = 2000  # characters that are kept
MOST_REDIRECTS = 3
KEEPING_METHOD = (307, 308)  # other redirects would turn the POST into a GET without its body


@dataclass(slots=True)
class Answer:
    """What came back: a status and the beginning of the text, or why nothing did. `retry_after` in seconds, if asked for."""

    status: int | None = None
    excerpt: str = ""
    error: str = ""
    duration_ms: int = 0
    retry_after: int | None = None
    final: bool = False  # no further attempt would do better

    @property
    def ok(self) -> bool:
        """True if the receiver took it."""
        return self.status is not None and 200 <= self.status < 300 and not self.error


@dataclass(slots=True)
class Watch:
    """Cuts the connection when the time is up: timeouts of single reads do not stop a server that drips."""

    seconds: float
    began: float = field(default_factory=time.monotonic)
    expired: bool = False
    _socket: socket.socket | None = None
    _timer: threading.Timer | None = None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(self.began + self.seconds - time.monotonic(), 0.0)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take hold of the socket of each new connection (an extension of httpx)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def start(self) -> None:
        """Begin to watch."""
        self._timer = threading.Timer(self.left, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _cut(self) -> None:
        self.expired = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already


@contextmanager
def watching(seconds: float) -> Iterator[Watch]:
    """Watch over the block's connections."""
    watch = Watch(seconds)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def body_of(topic: str, at: datetime, payload: Any) -> str:
    """Return the text that is sent and signed; the same for each attempt."""
    return json.dumps({"type": topic, "timestamp": at.isoformat(), "data": payload}, separators=(",", ":"))


def headers_for(message_id: str, body: str, secrets: Collection[str]) -> dict[str, str]:
    """Return the headers of a message, signed with each secret as standardwebhooks.com says."""
    now = timezone.now()
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "Idempotency-Key": message_id,
        "Content-Type": "application/json",
        "User-Agent": "CRM-Webhooks/1",
        "Accept": "*/*",
    }


def post(url: str, body: str, headers: dict[str, str], allowed: Collection[str]) -> Answer:
    """Send one message and return what came back. Never raises for what the other side does."""
    began = time.monotonic()
    with watching(SECONDS) as watch:
        try:
            answer = _follow(url, body, headers, allowed, watch)
        except ForbiddenAddressError as error:
            answer = Answer(error=str(error), final=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:  # ValueError: rubbish in its headers
            words = _("No answer within %(seconds)d seconds") % {"seconds": SECONDS}
            slow = watch.expired or isinstance(error, httpx.TimeoutException)
            answer = Answer(error=words if slow else _words(error))
    answer.duration_ms = int((time.monotonic() - began) * 1000)
    return answer


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return _("There is no host of this name.")
    return f"{type(error).__name__}: {error}"[:500]


def _follow(url: str, body: str, headers: dict[str, str], allowed: Collection[str], watch: Watch) -> Answer:
    """Send, and follow redirects that keep the POST, each checked like the first address."""
    for _step in range(MOST_REDIRECTS + 1):
        answer, location = _send(check_target(url, allowed), body, headers, watch)
        if not location:
            return answer
        url = urljoin(url, location)
        if answer.status not in KEEPING_METHOD:
            check_target(url, allowed)  # to say that it leads inwards, if it does
            answer.error = _("It redirects to another address; give that one.")
            return answer
    return Answer(error=_("It redirects again and again."))


@cache
def _certificates() -> ssl.SSLContext:
    """Return whose certificates are trusted; reading them takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


def _send(target: Target, body: str, headers: dict[str, str], watch: Watch) -> tuple[Answer, str]:
    """Send to the address that was checked; return the answer, and where it redirects to."""
    extensions: dict[str, Any] = {"sni_hostname": target.host, "trace": watch.trace}
    transport = httpx.HTTPTransport(verify=_certificates(), retries=0)
    with httpx.Client(transport=transport, trust_env=False, timeout=watch.left or 0.001) as client:
        request = client.build_request(
            "POST", target.url, content=body, headers={**headers, "Host": target.host_header}, extensions=extensions
        )
        response = client.send(request, stream=True)
        try:
            redirect = response.headers.get("Location", "") if 300 <= response.status_code < 400 else ""
            text, whole = _read(response)
        finally:
            response.close()
        answer = Answer(status=response.status_code, excerpt=text, retry_after=_retry_after(response))
        if watch.expired:
            answer.error = _("No answer within %(seconds)d seconds") % {"seconds": SECONDS}
        elif not whole:
            answer.excerpt += "\n" + _("[cut off after %(size)d KB]") % {"size": MOST_ANSWER // 1024}
        return answer, redirect


def _read(response: httpx.Response) -> tuple[str, bool]:
    """Return the beginning of an answer as text, and whether that was all of it. Packed answers are not unpacked."""
    found = b""
    whole = True
    for chunk in response.iter_raw(8192):
        found += chunk
        if len(found) >= MOST_ANSWER:
            whole = False
            break
    return found[:MOST_ANSWER].decode(errors="replace").replace("\0", "�")[:EXCERPT], whole


def _retry_after(response: httpx.Response) -> int | None:
    value = response.headers.get("Retry-After", "")
    return min(int(value), 3600) if value.isascii() and value.isdigit() and len(value) < 8 else None
