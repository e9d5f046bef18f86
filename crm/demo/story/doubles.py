"""People and companies that came in twice: from a fair, a form or a bought list, spelt a little otherwise (M1)."""

import datetime as dt
from dataclasses import dataclass

from .firms import tell_arrival
from .tale import PLACE_OF, Contact, Step, Tale


@dataclass(frozen=True, slots=True)
class Double:
    """Somebody known at a company, and how the second record has the name; what else agrees is told by the marks."""

    company: str
    known: str
    written: str
    email: str
    title: str
    source: str
    age: int
    owner: str | None
    same_phone: bool = False
    at_company: bool = True


DOUBLES = (
    Double(
        "Nordhavn Ferries", "Maya Lindqvist", "Maya Lindquist", "maya@lindquist.example", "Operations", "Trade fair", 12,
        "kenji.abe", same_phone=True,
    ),
    Double(
        "Halden Cloud", "Johan Nordby", "Johan Nordbye", "jnordby@haldencloud.example", "Data Centre Lead", "Webinar", 19,
        "kenji.abe",
    ),
    Double(
        "Medina Clinics", "Lucía Navarro", "Lucia Navarro", "lucia.navarro@clinicas-medina.example", "Purchasing",
        "Web form", 8, None,
    ),
    Double(
        "Corvid Steel", "Duncan Macleod", "Duncan MacLeod", "d.macleod@corvid.example", "Works Manager", "Trade fair", 33,
        "tomas.vega", same_phone=True, at_company=False,
    ),
    Double(
        "Aldgate Rail", "Imogen Ashworth", "Imogen Ashwort", "imogen.a@aldgate.example", "Depot Planning", "Newsletter", 5,
        None,
    ),
)  # fmt: skip
# The second record of a company has its phone or domain, but is named as the order form has it.
TWINS = (("Parcel Union", "Parcel Union B.V.", 26), ("Cask & Barrel", "Cask and Barrel", 47))


def tell_doubles(tale: Tale) -> None:
    """Tell who was added a second time, so that there is something to review."""
    for double in DOUBLES:
        _tell_double(tale, double)
    for name, written, age in TWINS:
        _tell_twin(tale, name, written, age)


def _tell_double(tale: Tale, double: Double) -> None:
    body = tale.bodies[double.company]
    first = next(each for each in body.people if each.name == double.known)
    created = tale.clock.past(tale.rng, tale.ago(double.age))
    place = PLACE_OF[body.firm.place]
    contact = tale.new_contact(place, created, body=body if double.at_company else None, name=double.written)
    contact.title = double.title
    tell_arrival(
        tale,
        contact,
        owner=double.owner,
        email=double.email,
        phone=_phone_of(tale, first) if double.same_phone else "",
        city=body.firm.city,
        source=double.source,
        lead_status="new",
        do_not_call=False,
        do_not_email=False,
        tags=[],
    )


def _phone_of(tale: Tale, contact: Contact) -> str:
    """Return the phone number of somebody known, which they now have if they had none."""
    place = next(number for number, step in enumerate(tale.steps) if step.key == contact.key)
    step = tale.steps[place]
    phone = str(step.values["phone"] or tale.phone_in(contact.place))
    tale.steps[place] = Step(step.at, step.who, step.do, step.key, {**step.values, "phone": phone})
    return phone


def _tell_twin(tale: Tale, name: str, written: str, age: int) -> None:
    body = tale.bodies[name]
    first = next(step for step in tale.steps if step.key == body.key)
    created = max(tale.clock.past(tale.rng, tale.ago(age)), body.created + dt.timedelta(days=1))
    told = {
        **first.values,
        "name": written,
        "domain": f"{body.firm.domain.split('.')[0]}-group.example",
        "email": f"orders@{body.firm.domain.split('.')[0]}-group.example",
        "parent": None,
        "tags": [],
    }
    tale.add(created, body.owner, "create_company", tale.new_key("company"), **told)
