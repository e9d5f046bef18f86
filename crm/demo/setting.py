"""The scene of the sample workspace: company, calendar, rates, teams, people and pipelines, as named maintenance sets them."""

import datetime as dt
import os
import random
import secrets
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import Role, Team, User
from crm.kernel.workspace.models import ExchangeRate, Holiday, Workspace
from deals.models import ForecastCategory, Pipeline, Stage

from .clock import SPAN_DAYS
from .custom import add_fields
from .letters import add_templates
from .roster import BY_KEY, COLLEAGUES, EAST, MANAGERS, OFFICE, OSKAR_LEFT, SAMPLE_LOGINS, WEST

ZONE = "Europe/London"
PASSWORD_FILE = "demo_password"
OSKAR = dt.timedelta(days=OSKAR_LEFT)
RATES = {"EUR": 1.09, "GBP": 1.27}
HOLIDAYS = ((1, 1, "New Year's Day"), (5, 1, "May Day"), (12, 25, "Christmas Day"), (12, 26, "Boxing Day"))


def sample_password() -> str:
    """Return the password of all sample people: from DEMO_PASSWORD, else random per installation and kept in a file."""
    if given := os.environ.get("DEMO_PASSWORD"):
        return given
    path = Path(settings.VAR_DIR) / PASSWORD_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9) + "\n")
    return path.read_text().strip()


def sample_logins(password: str) -> str:
    """Return what is printed of the sample people."""
    lines = [f"  {BY_KEY[key].email:<24} {BY_KEY[key].role:<8} {BY_KEY[key].name}" for key in SAMPLE_LOGINS]
    return "\n".join(["Sample logins:", *lines, f"Password of all of them: {password}"])


def maintenance() -> Actor:
    """Return the actor who sets the scene: nobody of the story."""
    return Actor(kind="system", label="Sample workspace", source="demo")


def set_scene(*, password: str, now: dt.datetime) -> dict[str, User]:
    """Make workspace, calendar, rates, teams, people and pipelines, dated back to the begin; return the people by key."""
    begin = now - dt.timedelta(days=SPAN_DAYS + 1)
    actor = maintenance()
    with changeset(actor, "demo.workspace", at=begin):
        workspace = Workspace.objects.first() or Workspace()
        workspace.name, workspace.timezone, workspace.base_currency = "Brightwater", ZONE, "USD"
        workspace.save()
        Workspace.forget()
        _add_calendar(now)
    with changeset(actor, "demo.people", at=begin):
        people = _add_people(make_password(password), now)
    with changeset(actor, "demo.pipelines", at=begin):
        _add_stages()
    with changeset(actor, "demo.fields", at=begin):
        add_fields(actor)
    with changeset(actor, "mail_templates.create", at=begin):
        add_templates(actor)
    return people


def _add_calendar(now: dt.datetime) -> None:
    years = range(now.year - 2, now.year + 2)
    Holiday.objects.bulk_create([Holiday(day=dt.date(y, m, d), name=name) for y in years for m, d, name in HOLIDAYS])
    rng = random.Random(7)
    rows = []
    for currency, base in RATES.items():
        rate = base
        for week in range(SPAN_DAYS // 7 + 2):
            day = now.date() - dt.timedelta(days=SPAN_DAYS + 7 - week * 7)
            rows.append(ExchangeRate(currency=currency, day=day, rate=Decimal(f"{rate:.4f}")))
            rate = base + (rate - base) * 0.9 + rng.gauss(0, base * 0.006)
    ExchangeRate.objects.bulk_create(rows)
    Workspace.forget()


def _add_people(password: str, now: dt.datetime) -> dict[str, User]:
    """Add teams, people, and who leads which team. Everybody has the same password."""
    office = Team.objects.create(name=OFFICE)
    teams = {OFFICE: office} | {name: Team.objects.create(name=name, parent=office) for name in (EAST, WEST)}
    roles = {role.key: role for role in Role.objects.all()}
    people = {}
    for colleague in COLLEAGUES:
        people[colleague.key] = User.objects.create(
            email=colleague.email,
            name=colleague.name,
            role=roles[colleague.role],
            team=teams[colleague.team] if colleague.team else None,
            timezone=colleague.timezone,
            password=password,
            created_at=now - dt.timedelta(days=colleague.joined + 1),
        )
    for name, key in MANAGERS.items():
        teams[name].manager = people[key]
        teams[name].save(update_fields=["manager"])
    loaded = User.objects.select_related("role", "team").in_bulk([user.pk for user in people.values()])
    return {key: loaded[user.pk] for key, user in people.items()}


def _add_stages() -> None:
    """Give the first pipeline a demo stage, say what each stage means, and add a pipeline for renewals."""
    first = Pipeline.objects.usable()[0]
    first.name = "New business"
    first.save(update_fields=["name"])
    stages = list(first.stages.usable().order_by("-position"))
    demo_position = 2
    for stage in stages:
        if stage.position >= demo_position:
            stage.position += 1
            stage.save(update_fields=["position"])
    first.stages.create(
        name="Demo",
        description="They have seen it work with their own numbers.",
        probability=40,
        forecast_category=ForecastCategory.BEST_CASE,
        idle_days=10,
        position=demo_position,
    )
    renewals = Pipeline.objects.create(name="Renewals", position=1)
    rows = (
        ("Coming up", "open", 60, "best_case", 30),
        ("Quoted", "open", 75, "commit", 21),
        ("Agreed", "open", 90, "commit", 14),
        ("Renewed", "won", 100, "commit", 14),
        ("Ended", "lost", 0, "omitted", 14),
    )
    for position, (name, kind_of, probability, category, idle_days) in enumerate(rows):
        Stage.objects.create(
            pipeline=renewals,
            name=name,
            kind_of=kind_of,
            probability=probability,
            forecast_category=category,
            idle_days=idle_days,
            position=position,
        )


def switch_off_oskar(people: Mapping[str, User], *, at: dt.datetime) -> None:
    """Let Oskar leave: he keeps what he closed (U4)."""
    oskar = people["oskar.lindgren"]
    with changeset(maintenance(), "users.switch_off", at=at):
        oskar.state = User.State.WITHOUT_LOGIN
        oskar.save(update_fields=["state"])
