"""What there is to be told, to which records it leads, and who sends it by mail: filled by the apps that own these.

To add a kind of notification: `register_topic(Topic("deal_moved", _("…"), "icon"))` in `AppConfig.ready()`, and `notify`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import ByMail


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of thing that people are told: how it is called in the settings, its icon, and how it is told unless one
    chooses otherwise."""

    key: str
    label: str | Promise
    icon: str = "bell"
    by_mail: str = ByMail.OFF


# Puts a mail to a colleague into the queue, in the open transaction, once per key: (user=, subject=, text=, html=, key=, actor=).
SendMail = Callable[..., Any]
OTHER = Topic("other", _("Everything else"))
_topics: dict[str, Topic] = {}
_mailers: list[SendMail] = []


def register_topic(*topics: Topic) -> None:
    """Add kinds of notifications; one with the same key replaces the first."""
    _topics.update({topic.key: topic for topic in topics})


def topics() -> list[Topic]:
    """Return all kinds, in the order in which they were added; what nobody has registered falls under the last."""
    return [*_topics.values(), OTHER]


def topic_of(key: str) -> Topic:
    """Return the kind of a notification."""
    return _topics.get(key, OTHER)


def send_with(mailer: SendMail) -> None:
    """Say who sends notifications by mail: the app that owns the queue of mails."""
    _mailers[:] = [mailer]


def mailer() -> SendMail | None:
    """Return who sends mails, None if no app does."""
    return _mailers[0] if _mailers else None


Address = Callable[[UUID], str]
_kinds: dict[str, tuple[Any, Address]] = {}


def show_kind(kind: str, rows: Any, address: Address) -> None:
    """Let notifications lead to records of a kind: `rows` has `visible_to`, `address(pk)` gives their page."""
    _kinds[kind] = (rows, address)


def address_of(kind: str, pk: UUID) -> str:
    """Return the page of a record, or nothing for a kind that has none."""
    return _kinds[kind][1](pk) if kind in _kinds else ""


def visible(who: Any, records: Iterable[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Return which of these records a person may see now, with one statement per kind (U3)."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, pk in records:
        by_kind.setdefault(kind, set()).add(pk)
    found: set[tuple[str, UUID]] = set()
    for kind, ids in by_kind.items():
        if kind in _kinds:
            seen = _kinds[kind][0].visible_to(who).filter(pk__in=ids).values_list("pk", flat=True)
            found |= {(kind, pk) for pk in seen}
    return found
