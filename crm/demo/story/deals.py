"""Deals: how they begin, wander through the stages and end. Stages are told by their position, 0 to 4 for open ones."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm.demo.clock import SPAN_DAYS
from crm.demo.roster import BY_KEY, EAST, OSKAR_LEFT, WEST, Colleague
from crm.demo.words.texts import AFTER_WIN, LOST_COMMENTS, PRODUCTS, TALK

from .tale import Body, Contact, Tale

ROLES = ("Decision maker", "Technical contact", "Finance", "Champion", "Purchasing")
WON, LOST = "won", "lost"
# One process brings all deals but those told by hand: so many in the years of the story, up to today.
DEALS = {EAST: 150, WEST: 76}
RENEWALS = 16
# Share of a deal's life that it spends in each stage, and where deals are lost.
DWELL = (0.16, 0.22, 0.2, 0.22, 0.2)
LOST_AT = (0.2, 0.3, 0.22, 0.2, 0.08)


@dataclass(slots=True)
class Chance:
    """A deal of the story: who, with whom, what for, and when it reached each stage (positions, or won and lost)."""

    key: str
    title: str
    body: Body
    people: list[Contact]
    owner: str
    amount: int | None
    currency: str = "USD"
    created: dt.datetime = field(default_factory=lambda: dt.datetime.max.replace(tzinfo=dt.UTC))
    moves: list[tuple[dt.datetime, int | str]] = field(default_factory=list)
    close_in: int | None = None
    end: dt.datetime | None = None  # when it will have ended, which may be some day to come
    pipeline: str = "main"
    told: bool = False  # one by one: nothing of it is left to chance

    @property
    def ended(self) -> dt.datetime | None:
        """When it was won or lost."""
        return self.moves[-1][0] if self.moves and isinstance(self.moves[-1][1], str) else None

    @property
    def stage(self) -> int | str:
        """Where it stands."""
        return self.moves[-1][1] if self.moves else 0


def plan_next(
    tale: Tale, deal: Chance, days: int, *, kind: str = "", text: str = "", time: dt.time | None = None
) -> None:
    """Add a task as the deal's next step, due some working days from now (below 0: late), made a few days ago."""
    from crm.demo.words.texts import NEXT_STEPS

    rng, clock = tale.rng, tale.clock
    kind = kind or rng.choice(("call", "call", "email", "meeting", "todo"))
    text = text or rng.choice(NEXT_STEPS[kind]).format(contact=deal.people[0].first)
    made = clock.past(rng, min(clock.in_workdays(days - 2), tale.ago(1)))
    tale.add(
        max(made, deal.created + dt.timedelta(minutes=20)),
        deal.owner,
        "create_task",
        tale.new_key("task"),
        title=text,
        type=kind,
        due_on=clock.in_workdays(days),
        due_time=time,
        deal=deal.key,
        contact=deal.people[0].key,
        priority=3 if rng.random() < 0.2 else 2,
        remind=rng.random() < 0.4,
    )


def tell_process(tale: Tale) -> None:
    """Tell of the deals that came in all the time up to today; what would end later is open, at the stage where it is.

    What the eastern team has open, and has won this month, is told by hand in its place: `BOARD` is about as much.
    """
    for team, number in DEALS.items():
        for _ in range(number):
            deal = draft(tale, team, tale.clock.seasonal_day(tale.rng, SPAN_DAYS - 1, 1))
            live(tale, deal, BY_KEY[deal.owner])
            if team == WEST or not _told_by_hand(tale, deal):
                tell_life(tale, deal)


def _told_by_hand(tale: Tale, deal: Chance) -> bool:
    if deal.ended is None:
        return True
    return deal.stage == WON and deal.ended >= tale.clock.at(tale.clock.today.replace(day=1), 0)


def tell_renewals(tale: Tale) -> None:
    """Tell of the second pipeline: contracts that come up again."""
    rng = tale.rng
    for number in range(RENEWALS):
        team = EAST if number % 2 else WEST
        deal = draft(tale, team, tale.ago(rng.uniform(2, 340)))
        deal.pipeline, deal.title = "renewals", f"Service contract, {deal.body.firm.name}"
        deal.amount = rng.randrange(4_000, 30_000, 400)
        chance = 0.95 if number % 4 else 0.2  # whatever the dice say, some are lost: from wins alone nothing is learned
        live(tale, deal, BY_KEY[deal.owner], stages=3, chance=chance)
        tell_life(tale, deal)


def tell_life(tale: Tale, deal: Chance) -> None:
    """Tell what became of a deal: of open ones one in five has gone quiet, and one in four has no next step."""
    rng, now = tale.rng, tale.clock.now
    tell_deal(tale, deal)
    if deal.ended:
        tell_talk(tale, deal, until=now - dt.timedelta(hours=4))
        return
    quiet = rng.random() < 0.2
    last = now - dt.timedelta(days=rng.uniform(16, 24) if quiet else rng.uniform(1, 5))
    tell_talk(tale, deal, until=max(last, deal.created + dt.timedelta(hours=1)))
    if not quiet and rng.random() < 0.75:
        plan_next(tale, deal, rng.choice((-3, -1, 0, 0, 1, 2, 3, 4, 6, 8)))


def draft(tale: Tale, team: str, day: dt.date) -> Chance:
    """Return a deal that begins on a day with a company and people that were known by then."""
    rng, clock = tale.rng, tale.clock
    created = clock.past(rng, day)
    bodies = [b for b in tale.bodies.values() if b.team == team]
    known = [b for b in bodies if any(p.created < created for p in b.people)]
    body = rng.choice(known) if known else min(bodies, key=lambda b: min(p.created for p in b.people))
    created = max(created, min(p.created for p in body.people) + dt.timedelta(hours=1))
    people = [p for p in body.people if p.created < created]
    product, scopes, low, high = rng.choice(PRODUCTS)
    currency = "USD" if team == WEST or rng.random() < 0.6 else ("GBP" if body.firm.place == "GB" else "EUR")
    return Chance(
        key=tale.new_key("deal"),
        title=f"{product}, {rng.choice(scopes)}",
        body=body,
        people=rng.sample(people, min(len(people), rng.choice((1, 1, 2, 3)))),
        owner=owner_for(tale, body, created),
        amount=None if rng.random() < 0.03 else round(rng.triangular(low, high * 1.4, low * 1.6) / 100) * 100,
        currency=currency,
        created=created,
    )


def owner_for(tale: Tale, body: Body, at: dt.datetime) -> str:
    """Return who takes a deal: mostly the company's owner, else a team mate; Oskar until he left."""
    rng = tale.rng
    keys = [c.key for c in tale.sellers(body.team, at)]
    early = (tale.clock.now - at).days > OSKAR_LEFT + 160
    keys = [k for k in keys if BY_KEY[k].login or early]
    return body.owner if body.owner in keys and rng.random() < 0.65 else rng.choice(keys)


def walk(tale: Tale, deal: Chance, stages: Sequence[int], *, until: dt.datetime) -> None:
    """Let a deal enter stages one after the other between its creation and `until`, as far as that has come by now."""
    span = (until - deal.created).total_seconds()
    if not stages or span <= 3600:
        return
    shares = [DWELL[stage - 1] * tale.rng.uniform(0.5, 1.6) for stage in stages]
    total = sum(shares) + DWELL[stages[-1]]
    passed, last = 0.0, deal.created
    for stage, share in zip(stages, shares, strict=True):
        passed += share
        day = (deal.created + dt.timedelta(seconds=span * passed / total)).date()
        if until > tale.clock.now and tale.clock.workday(day) >= tale.clock.today:
            return
        at = tale.clock.past(tale.rng, day)
        last = max(at, last + dt.timedelta(minutes=40))
        deal.moves.append((min(last, tale.clock.now - dt.timedelta(minutes=25 - stage)), stage))


def live(tale: Tale, deal: Chance, owner: Colleague, *, stages: int = 5, chance: float | None = None) -> None:
    """Let a deal be won or lost after the time that a deal of its size takes this person, or stand where it is by then."""
    rng, clock = tale.rng, tale.clock
    size = 1 + (deal.amount or 20_000) / 250_000
    days = min(max(rng.lognormvariate(3.95, 0.45) * owner.pace * size, 6), 260)
    if not owner.login:
        days = min(days, (clock.now - deal.created).days - OSKAR_LEFT - 6)
    won = rng.random() < (owner.wins if chance is None else chance)
    reached = stages - 1 if won else min(rng.choices(range(5), LOST_AT)[0], stages - 1)
    path = [s for s in range(1, reached + 1) if s == reached or rng.random() > 0.08]
    deal.end = clock.moment(rng, deal.created.date() + dt.timedelta(days=round(days)))
    walk(tale, deal, path, until=deal.end - dt.timedelta(hours=3))
    if deal.end <= clock.now - dt.timedelta(minutes=30):
        last = deal.moves[-1][0] if deal.moves else deal.created
        deal.moves.append((max(deal.end, last + dt.timedelta(hours=2)), WON if won else LOST))


def tell_deal(tale: Tale, deal: Chance) -> None:
    """Add the steps that make and move a deal."""
    rng = tale.rng
    tale.add(
        deal.created,
        deal.owner,
        "create_deal",
        deal.key,
        title=deal.title,
        company=deal.body.key,
        people=[(p.key, ROLES[0] if n == 0 else rng.choice(ROLES[1:])) for n, p in enumerate(deal.people)],
        amount=deal.amount,
        currency=deal.currency,
        expected_close=_expected_close(tale, deal),
        source=rng.choice(("Referral", "Existing customer", "Trade fair", "Web form", "Cold call")),
        pipeline=deal.pipeline,
    )
    for at, stage in deal.moves:
        reason = rng.choice(tuple(LOST_COMMENTS)) if stage == LOST else ""
        tale.add(at, deal.owner, "move_deal", deal.key, stage=stage, reason=reason)
    if deal.amount and not deal.told and len(deal.moves) > 2 and rng.random() < 0.35:
        at = deal.moves[1][0] + dt.timedelta(minutes=15)
        changed = round(deal.amount * rng.choice((0.8, 0.9, 1.1, 1.25)) / 100) * 100
        tale.add(at, deal.owner, "edit_deal", deal.key, amount=changed)


def _expected_close(tale: Tale, deal: Chance) -> dt.date | None:
    """Return the day on which the deal is hoped to close, a guess not far off; now and then nobody said."""
    clock, rng = tale.clock, tale.rng
    if not deal.told and rng.random() < 0.04:
        return None
    if end := deal.end or deal.ended:  # hope comes early: one in eight of the open deals has slipped
        hoped = end.date() + dt.timedelta(days=rng.randint(-40, 15))
        return clock.workday(max(hoped, deal.created.date() + dt.timedelta(days=5)))
    day = clock.workday(clock.today + dt.timedelta(days=deal.close_in or 30))
    month_end = clock.workday(
        (clock.today.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1), -1
    )
    # What is nearly signed is meant to close this month.
    return month_end if deal.told and (deal.close_in or 30) < 12 and clock.today <= month_end < day else day


def tell_talk(tale: Tale, deal: Chance, *, until: dt.datetime) -> None:
    """Add what was said and written: one to three entries a stage, and some after a win."""
    rng = tale.rng
    visits: list[tuple[dt.datetime, dt.datetime, Sequence[tuple[str, str, str, str]]]] = []
    begins = [(deal.created, 0), *deal.moves]
    for (start, stage), (end, _next) in zip(begins, [*begins[1:], (until, "")], strict=True):
        if isinstance(stage, int):
            visits.append((start, end, TALK[stage]))
        elif stage == WON:
            visits.append((start, min(until, start + dt.timedelta(days=70)), AFTER_WIN))
    for start, end, talk in visits:
        for words in rng.sample(talk, min(len(talk), rng.choice((1, 2, 2, 3)))):
            if (end - start).total_seconds() > 7200:
                tell_activity(tale, deal, words, start + (end - start) * rng.uniform(0.05, 0.95), until)


def tell_activity(
    tale: Tale, deal: Chance, words: tuple[str, str, str, str], at: dt.datetime, until: dt.datetime, owner: str = ""
) -> None:
    """Add one call, mail, meeting or note about a deal at about this time."""
    rng = tale.rng
    kind, direction, subject, text = words
    contact = rng.choice(deal.people)
    moment = tale.clock.past(rng, at.date())
    moment = min(max(moment, deal.created + dt.timedelta(minutes=30)), until)
    fill = {"contact": contact.name, "company": deal.body.firm.name, "what": deal.title.lower()}
    outcome, minutes = "", None
    if kind == "call":
        outcome = "reached" if rng.random() < 0.8 else "no_answer"
        minutes = rng.randint(3, 40) if outcome == "reached" else 1
    elif kind == "meeting":
        outcome, minutes = ("held" if rng.random() < 0.93 else "no_show"), rng.choice((30, 45, 60, 90))
    tale.add(
        moment,
        owner or deal.owner,
        "log",
        tale.new_key("activity"),
        type=kind,
        direction=direction,
        subject=subject.format(**fill),
        body="" if outcome in ("no_answer", "no_show") else text.format(**fill),
        outcome=outcome,
        duration=minutes,
        contacts=[contact.key],
        deal=deal.key,
    )
