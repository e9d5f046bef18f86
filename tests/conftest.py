"""Fixtures that all tests share: named people in a small company, its pipeline, clients, and a watch on the database.

East team: `rep` (owner of what tests make), `mate`; `manager` leads it. West team: `stranger`. Besides: `admin`, `viewer`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import Role, Team, User
from crm.kernel.users.policies import add_default_roles
from crm.kernel.workspace.models import Workspace
from crm.reports import kept
from deals.models import LostReason, Pipeline, Stage
from deals.seeds import add_first_pipeline

PASSWORD = "correct horse battery"


def pytest_configure() -> None:
    """Hash passwords cheaply: Argon2 is slow on purpose, and every test makes people. Workers that share a Redis keep apart."""
    settings.CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    kept.PATIENCE = 0  # figures of a slow machine are never told late in tests


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests (browser, `slow`) first, so that no processor waits for the last of them at the end.

    Tests with real transactions stay behind all others, where pytest-django put them: each ends by emptying all tables.
    """

    def transactional(item: pytest.Item) -> bool:
        fixtures = getattr(item, "fixturenames", ())
        marker = item.get_closest_marker("django_db")
        return (
            "transactional_db" in fixtures
            or "live_server" in fixtures
            or bool(marker and marker.kwargs.get("transaction"))
        )

    def long(item: pytest.Item) -> bool:
        return any(item.get_closest_marker(name) for name in ("slow", "e2e"))

    items.sort(key=lambda item: (transactional(item), not long(item)))


@pytest.fixture(scope="session", autouse=True)
def _plain_files(tmp_path_factory):
    """Serve static files as they lie in the source: tests neither collect them nor trust what was collected earlier.

    Uploaded files go into a folder of the run.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    location = str(tmp_path_factory.mktemp("files"))
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": location}}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain, "default": local}):
        yield


@pytest.fixture(autouse=True)
def _fresh_workspace_cache():
    """Forget what the process keeps of the workspace's settings: each test has its own."""
    Workspace.forget()
    kept.forget()
    yield
    Workspace.forget()


@pytest.fixture(autouse=True)
def _every_write_has_an_author(request):
    """Fail a test that leaves a write without an actor (U5), unless it is marked `unattributed`."""
    database = next((name for name in ("transactional_db", "db") if name in request.fixturenames), None)
    if database is None:
        yield
        return
    request.getfixturevalue(database)  # first, so that this looks before the rollback
    yield
    if request.node.get_closest_marker("unattributed") is None and not connection.needs_rollback:
        nobodys = ChangeSet.objects.filter(actor_kind="unattributed").count()
        assert nobodys == 0, f"{nobodys} writes without an actor (U5)"


def make_user(email: str, name: str, role: str, team: Team | None = None, **values: object) -> User:
    """Add a person as named maintenance would."""
    with changeset(Actor.system("test data"), "test.people"):
        user = User(email=email, name=name, role=Role.objects.get(key=role), team=team, **values)
        user.set_password(PASSWORD)
        user.save()
    return User.objects.select_related("role", "team").get(pk=user.pk)


@pytest.fixture
def seeds(db) -> None:
    """What the migrations put into an empty database; a test with real transactions ends by emptying all tables."""
    with changeset(Actor.system("test data"), "test.seeds"):
        add_default_roles(Role)
        add_first_pipeline(Pipeline, Stage, LostReason)


@pytest.fixture
def workspace(seeds) -> Workspace:
    """The company: Brightwater, in US dollars, in London."""
    with changeset(Actor.system("test data"), "test.workspace"):
        return Workspace.objects.create(name="Brightwater", base_currency="USD", timezone="Europe/London")


@pytest.fixture
def teams(workspace) -> dict[str, Team]:
    """Two teams below one office."""
    with changeset(Actor.system("test data"), "test.teams"):
        office = Team.objects.create(name="Sales")
        return {
            "sales": office,
            "east": Team.objects.create(name="East", parent=office),
            "west": Team.objects.create(name="West", parent=office),
        }


@pytest.fixture
def rep(teams) -> User:
    """A rep of the east team: the owner in most tests."""
    return make_user("rep.east@test.example", "Priya Raman", "rep", teams["east"])


@pytest.fixture
def mate(teams) -> User:
    """A rep of the same team as `rep`."""
    return make_user("mate.east@test.example", "Marcus Okafor", "rep", teams["east"])


@pytest.fixture
def manager(teams) -> User:
    """The manager of the east team."""
    person = make_user("manager.east@test.example", "Ingrid Solberg", "manager", teams["east"])
    with changeset(Actor.system("test data"), "test.teams"):
        teams["east"].manager = person
        teams["east"].save()
    return person


@pytest.fixture
def stranger(teams) -> User:
    """A rep of another team, who sees nothing of the east team's."""
    return make_user("rep.west@test.example", "Tomás Vega", "rep", teams["west"])


@pytest.fixture
def admin(teams) -> User:
    """An admin."""
    return make_user("admin@test.example", "Dana Whitlock", "admin", teams["sales"])


@pytest.fixture
def viewer(teams) -> User:
    """Somebody who sees all and changes nothing."""
    return make_user("viewer@test.example", "Kenji Abe", "viewer")


@pytest.fixture
def pipeline(workspace) -> Pipeline:
    """The first pipeline, as the product is delivered (P1)."""
    return Pipeline.objects.get()


@pytest.fixture
def system() -> Actor:
    """Named maintenance."""
    return Actor.system("test data")


@pytest.fixture
def actor_of() -> Callable[[User], Actor]:
    """Return a function from a person to their actor."""
    return Actor.of


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Return a function from a person to a client that is logged in as them."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@dataclass
class Diff:
    """Rows that the watched block inserted, updated and deleted, by table."""

    tables: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """True if nothing was written."""
        return not self.tables


# Written by reading, not by changing: sessions are touched by logging in, sessions pages by every visit.
UNWATCHED = ("django_session", "usersessions_usersession", "search_recentview", "core_cache")


def _counters() -> dict[str, tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables")
        return {name: (i, u, d) for name, i, u, d in cursor.fetchall() if name not in UNWATCHED}


@pytest.fixture
def database_diff(db):
    """Return a context manager that tells, by the database's own counters, what a block wrote in this transaction."""

    @contextmanager
    def watch() -> Iterator[Diff]:
        diff = Diff()
        before = _counters()
        yield diff
        for name, after in _counters().items():
            changed = tuple(a - b for a, b in zip(after, before.get(name, (0, 0, 0)), strict=True))
            if any(changed):
                diff.tables[name] = changed  # type: ignore[assignment]

    return watch
