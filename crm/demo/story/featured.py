"""The open deals of the eastern team, told one by one: a board that one recognises, with something to do on it."""

import datetime as dt
from dataclasses import dataclass

from crm.demo.words.texts import AFTER_WIN, TALK

from .deals import WON, Chance, plan_next, tell_activity, tell_deal, tell_talk, walk
from .firms import tell_contact
from .tale import Tale

NONE = "-"


@dataclass(frozen=True, slots=True)
class Scene:
    """One line of `BOARD`. `age`, `idle` and `close` are days; `when` are working days from today, below 0 for late."""

    title: str
    company: str
    contact: str
    owner: str
    amount: int
    currency: str
    stage: str
    age: int
    idle: int
    close: int
    step: str
    when: int
    text: str


def _scenes(text: str) -> tuple[Scene, ...]:
    scenes = []
    for line in text.strip().splitlines():
        t, company, contact, owner, amount, currency, stage, age, idle, close, step, when, what = (
            cell.strip() for cell in line.split("|")
        )
        number = int(when) if when != NONE else 0
        scenes.append(
            Scene(
                t,
                company,
                contact,
                owner,
                int(amount),
                currency,
                stage,
                int(age),
                int(idle),
                int(close),
                step,
                number,
                what,
            )
        )
    return tuple(scenes)


# title | company | contact | owner | amount | currency | stage | age | idle | close | step | when | text
BOARD = _scenes("""
    Cold-chain sensors, pilot|Kestrel Freight|Anders Holm|rep.east|18500|USD|0|15|1|64|call 15:30|0|Call Anders, pilot scope
    Depot lighting retrofit|Aldgate Rail|Callum Penrose|tomas.vega|42000|GBP|0|11|3|71|meeting|3|Demo for the depot managers
    Fleet telemetry, 60 units|Nordhavn Ferries|Maya Lindqvist|manager.east|31200|USD|0|29|16|78|-|-|
    Water metering, 3 sites|Cask & Barrel|Harriet Dyson|marcus.okafor|12400|USD|0|9|2|85|email|2|Email the meter list
    Boiler room audit|Hotel Amara|Inês Carvalho|dilys.wynn|9800|EUR|0|7|4|91|call|4|Call Inês about access
    Store energy dashboard|Fenwick Grocers|Marta Quinn|rep.east|64000|USD|1|38|4|57|call|-2|Call Marta about store list
    Campus sub-metering|Tartu Campus Services|Kadri Tamm|manager.east|88000|EUR|1|33|2|72|meeting|5|Workshop on data access
    Chiller optimisation|Medina Clinics|Lucía Navarro|kenji.abe|37500|EUR|1|24|1|62|email|0|Reply to Lucía
    Warehouse HVAC control|Parcel Union|Joris Bakker|tomas.vega|52000|EUR|1|61|29|75|-|-|
    Brewery heat recovery|Cask & Barrel|Harriet Dyson|marcus.okafor|46800|USD|2|44|2|29|meeting|1|Demo for the brewers
    Site monitoring, 12 depots|Aldgate Rail|Imogen Ashworth|rep.east|118000|USD|2|52|1|33|todo 13:30|0|Prepare demo data
    Smart valves, Lisbon|Águas do Tejo|Rui Sequeira|dilys.wynn|73500|EUR|2|48|3|50|call|2|Call Rui about the valves
    Energy suite, 40 stores|Fenwick Grocers|Marta Quinn|rep.east|196000|USD|3|75|2|22|meeting|3|Review the proposal with Marta
    Data centre cooling|Halden Cloud|Johan Nordby|rep.east|240000|USD|3|71|12|30|email|-3|Email Johan the revised offer
    Leak detection, phase 2|Águas do Tejo|Leonor Pacheco|dilys.wynn|58000|EUR|3|66|1|26|call 16:30|0|Call Leonor
    Tenant billing|Quayside Homes|Gareth Llewellyn|kenji.abe|34900|GBP|3|57|3|27|email|4|Email the tariff model
    Atlas rollout, 140 seats|Atlas Logistics|Grace Whitfield|rep.east|148000|USD|4|92|1|9|todo|0|Send the signed-ready contract
    Plant-wide metering|Corvid Steel|Duncan Macleod|marcus.okafor|310000|GBP|4|118|2|15|meeting|2|Legal review with Duncan
    Renewal + 30 sensors|Hotel Amara|Inês Carvalho|rep.east|27600|EUR|4|63|14|11|call|-1|Call Inês about the renewal
    Cold store monitoring|Nordhavn Ferries|Maya Lindqvist|manager.east|92000|USD|won|80|0|2|-|-|
    Metering, 6 schools|City of Aarhus, Schools|Freja Nygaard|rep.east|67400|USD|won|95|0|7|-|-|
    Pump analytics|Águas do Tejo|Rui Sequeira|dilys.wynn|41000|EUR|won|70|0|13|-|-|
    Heat maps, head office|Halden Cloud|Solveig Haugen|kenji.abe|23500|USD|won|64|0|16|-|-|
""")


def tell_featured(tale: Tale) -> None:
    """Tell each scene: the person, the deal, its way to where it stands, what was said, and what comes next."""
    known: dict[tuple[str, str], object] = {}
    for scene in BOARD:
        body = tale.bodies[scene.company]
        # Whoever serves the featured deal knows the company from its first day.
        contact = known.get((scene.company, scene.contact)) or tell_contact(tale, body, name=scene.contact)
        known[scene.company, scene.contact] = contact
        deal = Chance(
            key=tale.new_key("deal"),
            title=scene.title,
            body=body,
            people=[contact],  # type: ignore[list-item]
            owner=scene.owner,
            amount=scene.amount,
            currency=scene.currency,
            created=tale.clock.past(tale.rng, tale.ago(scene.age)),
            close_in=scene.close,
            told=True,
        )
        if scene.stage == WON:
            _win(tale, deal, scene)
        else:
            _stand(tale, deal, scene)


def _stand(tale: Tale, deal: Chance, scene: Scene) -> None:
    """Tell of a deal that is open."""
    now = tale.clock.now
    stage = int(scene.stage)
    quiet_since = now - dt.timedelta(days=scene.idle, hours=1)
    walk(tale, deal, range(1, stage + 1), until=quiet_since - dt.timedelta(days=1))
    tell_deal(tale, deal)
    tell_talk(tale, deal, until=quiet_since)
    tell_activity(tale, deal, tale.rng.choice([w for w in TALK[stage] if w[0] != "note"]), quiet_since, quiet_since)
    if scene.step != NONE:
        kind, _, clock_time = scene.step.partition(" ")
        time = dt.time.fromisoformat(clock_time) if clock_time else None
        plan_next(tale, deal, scene.when, kind=kind, text=scene.text, time=time)


def _win(tale: Tale, deal: Chance, scene: Scene) -> None:
    """Tell of a deal that was won this month: early in a month, in its first days."""
    clock = tale.clock
    ago = round(scene.close * min(1.0, (clock.today.day - 1) / 17))
    end = max(clock.past(tale.rng, tale.ago(ago)), clock.at(clock.today.replace(day=1), 0, 5))
    end = min(end, clock.now - dt.timedelta(minutes=30))
    walk(tale, deal, range(1, 5), until=end - dt.timedelta(days=1))
    deal.moves.append((max(end, deal.moves[-1][0] + dt.timedelta(minutes=5)), WON))
    tell_deal(tale, deal)
    tell_talk(tale, deal, until=end - dt.timedelta(minutes=3))
    after = clock.now - dt.timedelta(minutes=10)
    tell_activity(tale, deal, AFTER_WIN[0], min(end + dt.timedelta(days=1), after), after)
