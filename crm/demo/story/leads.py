"""Leads: people who asked, were met at a fair or were bought in a list, and what became of them (R4)."""

import datetime as dt

from crm.demo.roster import EAST, WEST
from crm.demo.words.companies import FIRMS
from crm.demo.words.places import PLACES
from crm.demo.words.texts import SMALL_TALK, UNQUALIFIED

from .deals import WON
from .firms import tell_arrival
from .tale import WESTERN, Contact, Tale

FATES = ("unclaimed",) * 8 + ("new",) * 7 + ("working",) * 10 + ("nurturing",) * 8 + ("unqualified",) * 7


def tell_leads(tale: Tale) -> None:
    """Tell of forty leads: some unclaimed, some being worked on, some that came to nothing, one that came back."""
    buyers = _buyers(tale)
    for number, fate in enumerate(FATES):
        _tell_lead(tale, fate, buyers, returned=fate == "nurturing" and number % 8 == 0)
    _tell_others(tale)


def _buyers(tale: Tale) -> set[str]:
    """Return the keys of the companies that bought something: whoever is there is a customer, not a lead (R4)."""
    company = {step.key: str(step.values["company"]) for step in tale.steps if step.do == "create_deal"}
    return {company[step.key] for step in tale.steps if step.do == "move_deal" and step.values["stage"] == WON}


def _tell_lead(tale: Tale, fate: str, buyers: set[str], *, returned: bool) -> None:
    rng, clock = tale.rng, tale.clock
    days = {"unclaimed": (0, 6), "new": (0, 12), "working": (5, 45), "nurturing": (40, 300), "unqualified": (20, 400)}
    created = clock.past(rng, tale.ago(rng.uniform(*days[fate])))
    place = rng.choice(PLACES)
    team = WEST if place.code in WESTERN else EAST
    bodies = [b for b in tale.bodies.values() if b.team == team and b.created < created and b.key not in buyers]
    body = rng.choice(bodies) if bodies and rng.random() < 0.3 else None
    contact = tale.new_contact(place, created, body=body)
    owner = None if fate == "unclaimed" else rng.choice([c.key for c in tale.sellers(team, created) if c.login])
    tell_arrival(
        tale,
        contact,
        owner=owner,
        source=rng.choice(("Web form", "Web form", "Trade fair", "Webinar", "Newsletter", "Partner")),
        score=rng.randrange(5, 96, 5),
        description=f"Asked about {rng.choice(('sensors for cold rooms', 'metering', 'leak detection', 'a price list'))}.",
    )
    if owner is None or fate == "new":
        return
    _tell_fate(tale, contact, owner, fate)
    if returned:
        tale.add(clock.past(rng, tale.ago(2)), owner, "return_lead", contact.key, source="Web form")


def _tell_fate(tale: Tale, contact: Contact, owner: str, fate: str) -> None:
    rng, clock = tale.rng, tale.clock
    at = clock.past(rng, contact.created.date() + dt.timedelta(days=rng.randint(0, 2)))
    at = max(at, contact.created + dt.timedelta(minutes=12))
    tell_small_talk(tale, contact, owner, at)
    tale.add(at + dt.timedelta(minutes=4), owner, "lead_status", contact.key, status="working", reason="")
    if fate != "working":
        later = max(clock.past(rng, at.date() + dt.timedelta(days=rng.randint(3, 14))), at + dt.timedelta(hours=1))
        reason = rng.choice(UNQUALIFIED) if fate == "unqualified" else ""
        tale.add(min(later, clock.now), owner, "lead_status", contact.key, status=fate, reason=reason)


def tell_small_talk(tale: Tale, contact: Contact, owner: str, at: dt.datetime) -> None:
    """Add a call, mail or note about nothing in particular."""
    rng = tale.rng
    kind, direction, subject, text = rng.choice(SMALL_TALK)
    no_answer = subject.startswith("Tried")
    fill = {"contact": contact.name}
    tale.add(
        at,
        owner,
        "log",
        tale.new_key("activity"),
        type=kind,
        direction=direction,
        subject=subject.format(**fill),
        body=text.format(**fill),
        outcome={"call": "no_answer" if no_answer else "reached", "meeting": "held"}.get(kind, ""),
        duration={"call": 1 if no_answer else rng.randint(2, 20), "meeting": 30}.get(kind),
        contacts=[contact.key],
        deal=None,
    )


def _tell_others(tale: Tale) -> None:
    """Tell of partners, suppliers and the press, whom nobody sells to."""
    rng = tale.rng
    for number in range(12):
        place = rng.choice(PLACES)
        created = tale.clock.past(rng, tale.ago(rng.uniform(60, 650)))
        contact = tale.new_contact(place, created)
        contact.title = ("Journalist", "Installer", "Consultant", "Supplier")[number % 4]
        keys = [c.key for c in tale.sellers(EAST, created) if c.login]
        tell_arrival(tale, contact, owner=rng.choice(keys), lifecycle="other", source="Partner", tags=[])


assert len(FIRMS) == 60
