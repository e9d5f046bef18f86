"""What else fills the days: keeping in touch, chores, meetings of today and the days to come, mentions."""

import datetime as dt

from crm.demo.roster import BY_KEY, COLLEAGUES
from crm.demo.words.texts import CHORES, MENTIONS, NEXT_STEPS

from .leads import tell_small_talk
from .tale import Body, Tale

SMALL_TALKS = 330
DONE_TASKS = 60


def tell_work(tale: Tale) -> None:
    """Tell of what is not about one deal."""
    _tell_keeping_in_touch(tale)
    _tell_done_tasks(tale)
    _tell_chores(tale)
    _tell_agenda(tale)
    _tell_mentions(tale)


def _tell_keeping_in_touch(tale: Tale) -> None:
    rng, clock = tale.rng, tale.clock
    people = [(body, person) for body in tale.bodies.values() for person in body.people]
    for _ in range(SMALL_TALKS):
        body, person = rng.choice(people)
        days = (clock.now - person.created).days
        if days > 3:
            at = clock.past(rng, clock.seasonal_day(rng, days - 1, 1))
            tell_small_talk(tale, person, body.owner, at)


def _tell_done_tasks(tale: Tale) -> None:
    """Tell of tasks of the past, done mostly on time."""
    rng, clock = tale.rng, tale.clock
    bodies = list(tale.bodies.values())
    for _ in range(DONE_TASKS):
        body = rng.choice(bodies)
        person = rng.choice(body.people)
        days = (clock.now - person.created).days
        if days < 20:
            continue
        made = clock.past(rng, tale.ago(rng.uniform(10, days - 5)))
        due = clock.workday(made.date() + dt.timedelta(days=rng.randint(1, 8)))
        done = clock.past(rng, due + dt.timedelta(days=rng.choice((-1, 0, 0, 0, 1, 3))))
        kind = rng.choice(tuple(NEXT_STEPS))
        key = tale.new_key("task")
        title = rng.choice(NEXT_STEPS[kind]).format(contact=person.first)
        _tell_task(tale, body.owner, made, title, kind, due, key=key, contact=person.key)
        tale.add(max(done, made + dt.timedelta(hours=1)), body.owner, "complete_task", key)


def _tell_task(
    tale: Tale, who: str, at: dt.datetime, title: str, kind: str, due: dt.date, *, key: str = "", **values: object
) -> None:
    told = {"due_time": None, "deal": None, "contact": None, "priority": 2, "remind": False} | values
    tale.add(at, who, "create_task", key or tale.new_key("task"), title=title, type=kind, due_on=due, **told)


def _tell_chores(tale: Tale) -> None:
    """Give everybody who sells a few things to do: late, today, this week; the managers give one to a rep each."""
    rng, clock = tale.rng, tale.clock
    for colleague in COLLEAGUES:
        if not (colleague.sells and colleague.login):
            continue
        for days in (rng.choice((-6, -4, -1)), rng.randint(1, 6), rng.randint(7, 12)):
            kind, title = rng.choice(CHORES)
            _tell_task(tale, colleague.key, clock.past(rng, tale.ago(9)), title, kind, clock.in_workdays(days))
    for who, to in (("manager.east", "rep.east"), ("manager.west", "rep.west")):
        at = clock.past(rng, tale.ago(1))
        due = clock.in_workdays(2)
        _tell_task(tale, who, at, "Numbers for the quarterly review", "todo", due, assignee=to, priority=3)


def _tell_agenda(tale: Tale) -> None:
    """Fill the calendars of today and the next days: what is past of today has been held."""
    rng, clock = tale.rng, tale.clock
    plan = [
        ("rep.east", 0, 9, "Site visit, City of Aarhus", "City of Aarhus, Schools", "meeting", 60),
        ("rep.east", 0, 14, "Demo, Aldgate Rail", "Aldgate Rail", "meeting", 60),
        ("rep.east", 0, 16, "Call with Kestrel Freight", "Kestrel Freight", "call", 30),
        ("rep.east", 1, 11, "Commissioning plan, Atlas Logistics", "Atlas Logistics", "meeting", 45),
        ("manager.east", 0, 10, "Pipeline review with Halden Cloud", "Halden Cloud", "meeting", 45),
        ("marcus.okafor", 1, 10, "Demo for the brewers", "Cask & Barrel", "meeting", 60),
        ("rep.west", 0, 15, "Walk-through, Harbor Point Hotels", "Harbor Point Hotels", "meeting", 60),
        ("rep.west", 0, 17, "Call with Piedmont Medical", "Piedmont Medical", "call", 30),
        ("rep.west", 2, 16, "Demo, Bluebonnet Data Centers", "Bluebonnet Data Centers", "meeting", 60),
    ]
    for who, days, hour, subject, company, kind, minutes in plan:
        starts = clock.at(clock.in_workdays(days), hour)
        made = clock.past(rng, tale.ago(rng.randint(2, 6)))
        key = tale.new_key("activity")
        person = tale.bodies[company].people[0]
        told = {"contacts": [person.key], "deal": None, "direction": "out" if kind == "call" else ""}
        tale.add(made, who, "plan", key, type=kind, subject=subject, scheduled_at=starts, duration=minutes, **told)
        ended = starts + dt.timedelta(minutes=minutes)
        if ended < clock.now - dt.timedelta(minutes=5):
            tale.add(ended, who, "complete", key, outcome="reached" if kind == "call" else "held")


def _tell_mentions(tale: Tale) -> None:
    """Let colleagues ask each other in notes of the last days."""
    rng, clock = tale.rng, tale.clock
    pairs = [("manager.east", "rep.east"), ("marcus.okafor", "rep.east"), ("rep.east", "kenji.abe")]
    pairs += [("manager.west", "rep.west"), ("hannah.weiss", "rep.west"), ("luca.moretti", "manager.west")]
    for number, (who, to) in enumerate(pairs):
        body = _company_of(tale, who)
        person = body.people[0]
        language = person.place.language
        tale.add(
            clock.past(rng, tale.ago(number % 3)),
            who,
            "log",
            tale.new_key("activity"),
            type="note",
            direction="",
            subject="",
            body=MENTIONS[number % len(MENTIONS)].format(name=BY_KEY[to].name, language=language),
            outcome="",
            duration=None,
            contacts=[person.key],
            deal=None,
        )


def _company_of(tale: Tale, who: str) -> Body:
    team = BY_KEY[who].team
    own = [b for b in tale.bodies.values() if b.owner == who]
    return own[0] if own else next(b for b in tale.bodies.values() if b.team == team)
