"""Companies and the people who work there."""

import datetime as dt

from crm.demo.clock import SPAN_DAYS
from crm.demo.roster import EAST
from crm.demo.words.companies import FIRMS, SOURCES, TAGS, Firm

from .tale import PLACE_OF, Body, Contact, Tale, team_of


def tell_companies(tale: Tale) -> None:
    """Tell how the companies were found, each with two to seven people; parents come before their daughters."""
    for position, firm in enumerate(FIRMS):
        tell_company(tale, firm, early=position < 24 or bool(firm.parent))


def tell_company(tale: Tale, firm: Firm, *, early: bool) -> Body:
    """Tell of one company. Early ones were brought along from the old spreadsheet in the first weeks."""
    rng, clock = tale.rng, tale.clock
    first_day = (
        tale.ago(rng.uniform(SPAN_DAYS - 6, SPAN_DAYS - 1)) if early else clock.seasonal_day(rng, SPAN_DAYS - 40, 130)
    )
    created = clock.past(rng, first_day)
    if firm.parent:
        created = max(created, tale.bodies[firm.parent].created + dt.timedelta(hours=2))
    team = team_of(firm)
    owner = rng.choice([c.key for c in tale.sellers(team, created) if c.login])
    body = Body(tale.new_key("company"), firm, owner, team, created)
    tale.bodies[firm.name] = body
    place = PLACE_OF[firm.place]
    tale.add(
        created,
        owner,
        "create_company",
        body.key,
        name=firm.name,
        domain=firm.domain,
        industry=firm.industry,
        people=firm.people,
        street=f"{rng.choice(place.streets)} {rng.randint(1, 180)}",
        city=firm.city,
        country=place.country,
        phone=tale.phone_in(place),
        email=f"info@{firm.domain}",
        parent=tale.bodies[firm.parent].key if firm.parent else None,
        tags=rng.sample(TAGS[:6], 1) if rng.random() < 0.3 else [],
    )
    for _ in range(rng.choices(range(2, 8), (2, 4, 5, 4, 2, 1))[0]):
        tell_contact(tale, body)
    return body


def tell_contact(tale: Tale, body: Body, *, name: str = "", title: str = "") -> Contact:
    """Tell how a person at a company became known: with the company, or some time later."""
    rng, clock = tale.rng, tale.clock
    created = body.created + dt.timedelta(minutes=rng.randint(3, 50))
    if rng.random() < 0.55 and not name:
        latest = max(5, (clock.now - body.created).days - 20)
        created = max(created, clock.past(rng, body.created.date() + dt.timedelta(days=rng.randint(5, latest))))
    contact = tale.new_contact(PLACE_OF[body.firm.place], created, body=body, name=name)
    contact.title = title or contact.title
    tell_arrival(tale, contact, owner=body.owner, lead_status=rng.choice(("working", "nurturing", "nurturing")))
    return contact


def tell_arrival(tale: Tale, contact: Contact, *, owner: str | None, **values: object) -> None:
    """Add the step that makes a contact, with all that one knows of somebody."""
    rng = tale.rng
    days = (tale.clock.now - contact.created).days
    free = [
        c.key for c in tale.sellers(EAST if contact.body is None else contact.body.team, contact.created) if c.login
    ]
    who = owner or rng.choice(free)
    told: dict[str, object] = {
        "first_name": contact.first,
        "last_name": contact.last,
        "job_title": contact.title,
        "company": contact.body.key if contact.body else None,
        "owner": owner,
        "email": tale.address_of(contact),
        "phone": tale.phone_in(contact.place) if rng.random() < 0.8 else "",
        "city": contact.body.firm.city if contact.body else rng.choice(contact.place.cities),
        "country": contact.place.country,
        "language": contact.place.language,
        "source": rng.choice(SOURCES),
        "tags": rng.sample(TAGS, 1) if rng.random() < 0.18 else [],
        "consent": days > 30 and rng.random() < 0.35,
        "do_not_call": rng.random() < 0.04,
        "do_not_email": rng.random() < 0.05,
    }
    tale.add(contact.created, who, "create_contact", contact.key, **(told | values))
