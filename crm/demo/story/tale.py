"""The steps of the story, and who and what takes part in it."""

import datetime as dt
import itertools
import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

from crm.demo.clock import Clock
from crm.demo.roster import COLLEAGUES, EAST, OSKAR_LEFT, WEST, Colleague
from crm.demo.words.companies import Firm
from crm.demo.words.places import JOB_TITLES, PLACES, Place

PLACE_OF = {place.code: place for place in PLACES}
WESTERN = frozenset({"US", "BR", "JP", "IN", "ZA"})


@dataclass(frozen=True, slots=True)
class Step:
    """One command: at a moment, a colleague does something. `key` names what it makes or changes."""

    at: dt.datetime
    who: str
    do: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Body:
    """A company of the story; `owner` is a colleague's key."""

    key: str
    firm: Firm
    owner: str
    team: str
    created: dt.datetime
    people: list["Contact"] = field(default_factory=list)


@dataclass(slots=True)
class Contact:
    """A person outside Brightwater."""

    key: str
    first: str
    last: str
    title: str
    place: Place
    created: dt.datetime
    body: Body | None = None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def ascii_word(text: str) -> str:
    """Return a name as it stands in an e-mail address: lower case, no accents, no spaces."""
    special = str.maketrans({"ø": "o", "Ø": "o", "ı": "i", "ł": "l", "Ł": "l", "ß": "ss", "æ": "ae", "Æ": "ae"})
    plain = unicodedata.normalize("NFKD", text.translate(special)).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.lower() if c.isalnum())


@dataclass(slots=True)
class Tale:
    """Collects steps. All chance comes from `rng`."""

    rng: random.Random
    clock: Clock
    steps: list[Step] = field(default_factory=list)
    bodies: dict[str, Body] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)
    names: set[tuple[str, str]] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, *, seed: int, now: dt.datetime, zone: ZoneInfo) -> Self:
        """Return an empty story."""
        return cls(random.Random(seed), Clock(now, zone))

    def add(self, at: dt.datetime, who: str, do: str, key: str, **values: Any) -> None:
        """Add a step."""
        self.steps.append(Step(at, who, do, key, values))

    def in_order(self) -> list[Step]:
        """Return the steps as they happened; what was told first comes first where two share a moment."""
        return sorted(self.steps, key=lambda step: step.at)

    def new_key(self, kind: str) -> str:
        """Return a key that nothing has yet."""
        return f"{kind}-{next(self.numbers)}"

    def ago(self, days: float) -> dt.date:
        """Return the day so many days ago."""
        return self.clock.today - dt.timedelta(days=round(days))

    def sellers(self, team: str, at: dt.datetime) -> list[Colleague]:
        """Return who sells in a team at a moment: has joined and not left, managers included."""
        days = (self.clock.now - at).days
        return [
            c
            for c in COLLEAGUES
            if c.team == team and c.sells and c.joined >= days and (c.login or days > OSKAR_LEFT + 5)
        ]

    def new_contact(self, place: Place, created: dt.datetime, *, body: Body | None = None, name: str = "") -> Contact:
        """Return a new person with a name that nobody in the story has yet."""
        rng = self.rng
        first, _, last = name.partition(" ")
        while not name and (not first or (first, last) in self.names):
            first, last = rng.choice(place.first), rng.choice(place.last)
        self.names.add((first, last))
        contact = Contact(self.new_key("contact"), first, last, rng.choice(JOB_TITLES), place, created, body)
        if body is not None:
            body.people.append(contact)
        return contact

    def address_of(self, contact: Contact) -> str:
        """Return a work address for a person, or a private one."""
        domain = contact.body.firm.domain if contact.body else f"mailbox.{contact.place.code.lower()}.example"
        local = f"{ascii_word(contact.first)}.{ascii_word(contact.last)}"
        address = f"{local}@{domain}"
        while address in self.emails:
            address = f"{local}{next(self.numbers)}@{domain}"
        self.emails.add(address)
        return address

    def phone_in(self, place: Place) -> str:
        """Return a phone number of a country that nobody answers."""
        head, _, width = place.phone.partition("{:0")
        return head + str(self.rng.randrange(100, 10 ** int(width[0]))).zfill(int(width[0]))


def team_of(firm: Firm) -> str:
    """Return which team serves a company."""
    return WEST if firm.place in WESTERN else EAST
