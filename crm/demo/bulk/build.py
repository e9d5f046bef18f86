"""Builds the large or huge workspace on top of the small one."""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.utils import timezone
from psycopg import ClientCursor

from contacts.models import SizeBand
from crm.demo.roster import PEOPLE_DOMAIN
from crm.demo.story.tale import ascii_word
from crm.demo.words.companies import FIRST_PARTS, INDUSTRIES, SECOND_PARTS, SOURCES, TAGS
from crm.demo.words.places import JOB_TITLES, PLACES
from crm.demo.words.texts import AFTER_WIN, NEXT_STEPS, PRODUCTS, SMALL_TALK, TALK
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.postgres.base import wrapper
from crm.kernel.customfields.services.checks import key_for
from crm.kernel.users.models import Role, Team, User
from crm.kernel.workspace.models import Workspace
from deals.models import LostReason, Pipeline

from . import plan, sizes
from .sizes import Size
from .write import TABLES, WRITES

REGIONS = ("North", "South", "Central", "Coast", "Lakes", "Highlands", "Islands", "Valley")
SPAN_DAYS = 730
MONTH = dt.timedelta(days=SPAN_DAYS) / 24
OPEN_STAGES = 5


def build_bulk(size: Size, *, seed: int, say: Callable[[str], None]) -> None:
    """Add a workspace of this size by SQL, with history. Takes minutes; `say` is told how far it has come."""
    actor = Actor(kind="system", label="Sample workspace", source="demo")
    now = timezone.now()
    add_teams(size, actor, seed=seed, at=now - dt.timedelta(days=SPAN_DAYS))
    values = _values(size, seed, now)
    with connection.cursor() as cursor:
        _make_plan(cursor, values)
        say("planned")
        for month in range(24):
            since = now - dt.timedelta(days=SPAN_DAYS) + month * MONTH
            until = since + MONTH if month < 23 else now + dt.timedelta(days=1)
            with changeset(actor, "demo.build", at=since):
                for statement in WRITES:
                    cursor.execute(statement, values | {"since": since, "until": until})
            say(f"month {month + 1} of 24")
        _drop_plan(cursor)
    tidy(say)


def add_teams(size: Size, actor: Actor, *, seed: int, at: dt.datetime) -> None:
    """Add the teams that work on the bulk, five people each. They cannot log in: nobody knows their passwords."""
    rng = random.Random(seed)
    roles = {role.key: role for role in Role.objects.all()}
    office = Team.objects.filter(parent=None).first()
    with changeset(actor, "demo.people", at=at):
        people: list[User] = []
        for number in range(size.teams):
            name = REGIONS[number % len(REGIONS)] + (f" {number // len(REGIONS) + 1}" if number >= len(REGIONS) else "")
            team = Team.objects.create(name=name, parent=office)
            members = [_person(rng, roles["rep" if n else "manager"], team, number * 5 + n, at) for n in range(5)]
            User.objects.bulk_create(members)
            team.manager = members[0]
            team.save(update_fields=["manager"])
            people += members


def _person(rng: random.Random, role: Role, team: Team, number: int, at: dt.datetime) -> User:
    place = rng.choice(PLACES)
    first, last = rng.choice(place.first), rng.choice(place.last)
    return User(
        email=f"{ascii_word(first)}.{ascii_word(last)}{number}@{PEOPLE_DOMAIN}",
        name=f"{first} {last}",
        role=role,
        team=team,
        timezone="Europe/London",
        password=UNUSABLE_PASSWORD_PREFIX,
        created_at=at,
    )


def _values(size: Size, seed: int, now: dt.datetime) -> dict[str, Any]:
    """Return what the statements are filled with."""
    workspace = Workspace.current()
    pipeline = Pipeline.objects.usable()[0]
    return {
        "seed": seed,
        "start": now - dt.timedelta(days=SPAN_DAYS),
        "now": now,
        "today": workspace.day_of(now),
        "zone": workspace.timezone,
        "contacts": size.contacts,
        "companies": size.companies,
        "deals": size.deals,
        "activities": size.activities,
        "star": size.star,
        "star_number": size.contacts // 2,
        "star_first": sizes.STAR_NAME[0],
        "star_last": sizes.STAR_NAME[1],
        "rare": sizes.RARE,
        "rare_name": sizes.RARE_NAME,
        "medium": sizes.MEDIUM,
        "medium_name": sizes.MEDIUM_NAME,
        "common_name": sizes.COMMON_NAME,
        "places": len(PLACES),
        "owners": _owners().count(),
        "first_parts": list(FIRST_PARTS),
        "second_parts": list(SECOND_PARTS),
        "industries": list(INDUSTRIES),
        "sizes": list(SizeBand.values),
        "titles": list(JOB_TITLES),
        "sources": list(SOURCES),
        "tags": list(TAGS),
        "products": [f"{name}, {scope}" for name, scopes, _low, _high in PRODUCTS for scope in scopes],
        "product_keys": [key_for(name) for name, scopes, _low, _high in PRODUCTS for _scope in scopes],
        "calls": list(NEXT_STEPS["call"]),
        "mails": list(NEXT_STEPS["email"]),
        "meetings": list(NEXT_STEPS["meeting"]),
        "todos": list(NEXT_STEPS["todo"]),
        "pipeline": pipeline.pk,
        "reasons": list(
            LostReason.objects.exclude(name=LostReason.NOT_RECORDED)
            .filter(not_a_loss=False)
            .values_list("pk", flat=True)
        ),
    }


def _owners() -> Any:
    """Return who owns the bulk: everybody in a team below the office, the sample people included."""
    return User.objects.active().filter(team__parent__isnull=False).order_by("created_at", "email")


def _make_plan(cursor: Any, values: dict[str, Any]) -> None:
    """Fill the temporary tables."""
    # The functions' bodies take no parameters: literals are made by the driver's own quoting.
    cursor.execute(_literal(plan.HELPERS, values))
    for statement in (plan.PLACES, plan.WORDS, plan.OWNERS, plan.STAGES):
        cursor.execute(statement)
    _fill_lists(cursor, values)
    for statement in (plan.COMPANIES, plan.CONTACTS):
        cursor.execute(statement, values)
    for statement in plan.KEYS[:5]:
        cursor.execute(statement)
    cursor.execute("ANALYZE t_company")
    cursor.execute("ANALYZE t_contact")
    for statement in (plan.DEALS, plan.VISITS, plan.ACTIVITIES, plan.TASKS):
        cursor.execute(statement, values)
    for statement in plan.KEYS[5:]:
        cursor.execute(statement)
    for statement in (plan.DEAL_CLOCKS, plan.CONTACT_CLOCKS, plan.COMPANY_CLOCKS, plan.LIFECYCLES):
        cursor.execute(statement, values)
    for table in PLANNED:
        cursor.execute(f"ANALYZE {table}")


PLANNED = (
    "t_deal",
    "t_visit",
    "t_activity",
    "t_task",
    "t_deal_clock",
    "t_contact_clock",
    "t_company_clock",
    "t_lifecycle",
)


def _literal(statement: str, values: dict[str, Any]) -> str:
    """Return a statement with its values written into it by the driver, for what takes no parameters."""
    return ClientCursor(connection.connection).mogrify(statement, values)


def _fill_lists(cursor: Any, values: dict[str, Any]) -> None:
    """Fill the tables of places, words, owners and stages."""
    for n, p in enumerate(PLACES):
        head, _, width = p.phone.partition("{:0")
        row = [
            n,
            p.code,
            p.country,
            p.language,
            head,
            int(width[0]),
            *map(list, (p.cities, p.streets, p.first, p.last)),
        ]
        cursor.execute("INSERT INTO t_place VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
    for stage, talk in enumerate((*TALK, AFTER_WIN, SMALL_TALK)):
        for n, words in enumerate(talk):
            cursor.execute("INSERT INTO t_words VALUES (%s, %s, %s, %s, %s, %s)", [stage * 100 + n, stage, *words])
    for n, owner in enumerate(_owners()):
        row = [n, owner.pk, owner.team_id, owner.timezone, timezone.now().astimezone(owner.zone).date()]
        cursor.execute("INSERT INTO t_owner VALUES (%s, %s, %s, %s, %s)", row)
    stages = Pipeline.objects.get(pk=values["pipeline"]).stages.usable()
    opened = list(stages.open().order_by("position"))
    if len(opened) < OPEN_STAGES:
        opened += [opened[-1]] * (OPEN_STAGES - len(opened))
    for n, stage in enumerate([*opened[:OPEN_STAGES], stages.get(kind_of="won"), stages.get(kind_of="lost")]):
        cursor.execute(
            "INSERT INTO t_stage VALUES (%s, %s, %s, %s)", [n, stage.pk, stage.probability, stage.forecast_category]
        )


def _drop_plan(cursor: Any) -> None:
    cursor.execute("DISCARD TEMP")


def tidy(say: Callable[[str], None]) -> None:
    """Bring statistics and visibility up to date, as the owner of the tables (autovacuum would, some minutes later)."""
    if connection.in_atomic_block:
        return
    with wrapper().as_owner(), connection.cursor() as cursor:
        # A page counts as visible to all once the commits of its rows are on the disk: what ANALYZE commits takes them along.
        cursor.execute("SET synchronous_commit = on")
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
        cursor.execute(f"VACUUM {', '.join(TABLES)}")
    say("analysed")
