"""Whatever is typed into whatever form: an answer in words, never an error of the server, and what was typed is not lost.

The forms come from the pages themselves, so that a new one is tried without anybody's doing.
"""

import os
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import get_resolver

from tests.e2e.test_pages import plain_addresses, records

__all__ = ["records"]

# Forms that end the visit or start long work: what they take is no text.
LEFT_OUT = re.compile(r"/logout/|/profile/theme/|/sessions/|/scan/|/export/|/archive/")
LIBRARY = ("/reauthenticate/", "/password/")  # allauth answers its own forms with 200
EMOJI = "\U0001f9e8 \u202eשלום\u202c e\u0301"
MARKUP = "<script>alert(1)</script>"
NASTY = [
    "x" * 300, "a\0b", EMOJI, "1000000000000.005", "-7", "2026-02-31", "01890000-0000-7000-8000-000000000000",
    f"{MARKUP}'\";--{{{{ 7|add:7 }}}}",
]  # fmt: skip


@dataclass
class Form:
    """A form of a page: where it goes, and its fields with what stands in them."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    files: bool = False


class Forms(HTMLParser):
    """Collects the forms of a page that post."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found, self._form, self._select = address, [], None, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and what can be typed or chosen in them."""
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(urljoin(self.address, has.get("action", ""))) if has.get("method") == "post" else None
            if self._form:
                self.found.append(self._form)
        elif self._form is None or (tag != "option" and "name" not in has):
            return
        elif tag == "textarea" or (tag == "input" and has.get("type", "text") not in UNTYPED):
            self._form.fields.setdefault(has["name"], []).append(has.get("value", ""))
            self._form.typed.add(has["name"])
            # The words of a typeahead are no value: the script puts those of the chosen record back.
            if not has["name"].endswith("_text") and has.get("type", "text") in ("text", "search"):
                self._form.texts.add(has["name"])
        elif tag == "input" and has.get("type") == "file":
            self._form.files = True
        elif tag == "input" and (has["type"] == "hidden" or "checked" in has):
            self._form.fields.setdefault(has["name"], []).append(has.get("value", "on"))
        elif tag == "select":
            self._select = has["name"]
            self._form.typed.add(has["name"])
        elif tag == "option" and self._select and ("selected" in has or self._select not in self._form.fields):
            self._form.fields[self._select] = [has.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        """Leave a form, a choice."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


UNTYPED = ("hidden", "checkbox", "radio", "submit", "button", "file", "image", "reset")


def forms_of(client: Client, paths: list[str]) -> list[Form]:
    """Return each form of the pages once, those with something to type in."""
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for path in paths:
        parser, answer = Forms(path), client.get(path)
        if answer.status_code != 200 or answer.streaming or "logout" in path:
            continue
        parser.feed(answer.content.decode(errors="replace"))
        for form in parser.found:
            if form.typed and not form.files and not LEFT_OUT.search(form.action):
                found.setdefault((form.action, tuple(sorted(form.typed))), form)
    return list(found.values())


def mixtures(form: Form) -> list[dict[str, str]]:
    """Return what is typed into the fields: a mixture, or with `ALL_INPUT=1` each kind of value into all fields."""
    if os.environ.get("ALL_INPUT"):
        return [dict.fromkeys(form.typed, value) for value in NASTY]
    first = sum(map(ord, form.action.split("/0")[0] + "".join(sorted(form.typed))))
    return [{name: NASTY[(first + place) % len(NASTY)] for place, name in enumerate(sorted(form.typed))}]


@pytest.mark.django_db
def test_no_form_falls_over_what_is_typed(client_of, admin, records):
    client: Client = client_of(admin)
    client.raise_request_exception = False
    edits = [f"{records[kind]}edit/" for kind in ("contact", "company", "deal", "task", "activity")]
    forms = forms_of(client, plain_addresses(get_resolver().url_patterns) + list(records.values()) + edits)
    assert len(forms) > 40
    faults = []
    for form in forms:
        for typed in mixtures(form):
            answer = client.post(form.action, form.fields | typed)
            page = answer.content.decode() if not answer.streaming else ""
            if answer.status_code >= 500:
                faults.append(f"{form.action}: {answer.status_code} {typed}")
            elif answer.status_code == 200 and 'aria-invalid="true"' in page and not form.action.startswith(LIBRARY):
                faults.append(f"{form.action}: errors with 200 {typed}")
            elif MARKUP in page:
                faults.append(f"{form.action}: markup comes back as markup {typed}")
            elif answer.status_code == 422 and EMOJI in {typed[name] for name in form.texts} and EMOJI not in page:
                faults.append(f"{form.action}: what was typed is lost {typed}")
    assert not faults, "\n".join(faults)
