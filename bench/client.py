"""A person's browser, reduced: one connection that stays open, one cookie, and a stopwatch."""

import http.client
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .server import HOST

TOKEN = re.compile(rb'csrfmiddlewaretoken" value="([^"]+)"|X-CSRFToken&quot;: ?&quot;([^&]+)|"X-CSRFToken": ?"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    body: bytes
    ms: float


class Person:
    """Somebody who is logged in and asks for pages over one connection."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        self.cookies = dict(cookies)
        self.connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, values: dict[str, Any], **headers: str) -> Answer:
        """Send a form as htmx does."""
        more = {"X-CSRFToken": self.cookies["csrftoken"], "HX-Request": "true", "Referer": f"http://{HOST}/"}
        more["Content-Type"] = "application/x-www-form-urlencoded"
        return self._send("POST", path, urlencode(values), more | headers)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.perf_counter()
        self.connection.request(method, path, body, {"Cookie": cookie, **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        return Answer(answer.status, content, (time.perf_counter() - began) * 1000)


def cookies_of(email: str) -> dict[str, str]:
    """Log a person in on the server's database and return the cookies that a browser would hold."""
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    from crm.kernel.users.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    return {"sessionid": client.cookies["sessionid"].value, "csrftoken": _get_new_csrf_string()}
