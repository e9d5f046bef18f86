"""Import of people: users without login, in teams below offices (U1)."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import parsers
from crm.kernel.core.changes import Actor
from crm.kernel.users.models import Role, Team, User

from .directory import plain
from .registry import EXTERNAL_ID, Field, Importer, Row, Session, Words

# What columns of other systems are called.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("sales agent", "agent", "user", "employee", "full name", "rep", "salesperson", "owner"),
    "email": ("mail", "e mail address", "email address"),
    "team": ("group", "department"),
    "manager": ("manager", "boss", "lead", "team lead"),
    "office": ("regional office", "region", "office", "division"),
    "role": ("profile",),
}


class PeopleSession(Session):
    """People are known by the id in the other system, then by e-mail, then by name."""

    def __init__(self, job: Any) -> None:
        super().__init__(job)
        self._roles = {word: role for role in Role.objects.all() for word in (role.key, role.name.casefold())}
        self._teams: dict[tuple[UUID | None, str], Team] = {
            (team.parent_id, plain(team.name)): team for team in Team.objects.all()
        }

    def identify(self, row: Row) -> None:
        """An e-mail tells more than a name; people of one name with different e-mails are different people."""
        if external := row.values.get("external_id"):
            row.keys.append(f"id:{external}")
        if email := row.values.get("email"):
            row.keys.append(f"email:{email}")
        elif "name" in row.values:
            row.keys.append(f"name:{plain(row.values['name'])}")
        if "name" not in row.values:
            row.fail("", _("The row has no name."))

    def match(self, rows: list[Row]) -> None:
        """There are few people: all of them are looked at."""
        known: dict[str, UUID] = {}
        for user in User.objects.order_by("-created_at"):
            known[f"name:{plain(user.name)}"] = user.pk
            if user.email:
                known[f"email:{user.email}"] = user.pk
            if user.external_id and user.import_source == self.job.run.source:
                known[f"id:{user.external_id}"] = user.pk
        for row in rows:
            row.known = next((known[key] for key in row.keys if key in known), None)

    def plan(self, rows: list[Row]) -> None:
        """Check roles; known people who can log in are left as they are, since their rights hang on it."""
        present = User.objects.in_bulk([row.known for row in rows if row.known])
        for row in rows:
            if (word := row.values.get("role")) and plain(word) not in self._roles:
                row.fail("", _("There is no role “%(name)s”.") % {"name": word[:60]})
            elif row.action == "update":
                user = present[row.known]
                changes = self._changes(user, row) if user.state == User.State.WITHOUT_LOGIN else {}
                row.changes, row.action = changes, "update" if changes else "unchanged"

    def _changes(self, user: User, row: Row) -> dict[str, Any]:
        wanted: dict[str, Any] = {"email": row.values.get("email")}
        path = self._team_path(row)
        if path and (team := self._find_team(path)) is not None:
            wanted["team_id"] = team.pk
        elif path:
            wanted["team_id"] = "new"
        overwrite = self.job.run.overwrite
        return {
            name: value
            for name, value in wanted.items()
            if value and value != getattr(user, name) and (overwrite or not getattr(user, name))
        }

    def _team_path(self, row: Row) -> list[str]:
        """Return office and team; the team of somebody with a manager is named after the manager."""
        team = row.values.get("team") or row.values.get("manager")
        return [name for name in (row.values.get("office"), team) if name]

    def _find_team(self, path: list[str]) -> Team | None:
        team: Team | None = None
        for name in path:
            team = self._teams.get((team.pk if team else None, plain(name)))
            if team is None:
                return None
        return team

    def _make_team(self, path: list[str]) -> Team | None:
        team: Team | None = None
        for name in path:
            key = (team.pk if team else None, plain(name))
            if key not in self._teams:
                self._teams[key] = Team.objects.create(
                    name=name, parent=team, import_source=self.job.run.source, external_id=name[:200]
                )
            team = self._teams[key]
        return team

    def _set_manager(self, team: Team | None, row: Row) -> None:
        """Make the manager of the file the team's manager, if somebody here has that name."""
        name = row.values.get("manager")
        if team is None or team.manager_id is not None or not name or not self.job.directory.known(name):
            return
        team.manager_id = self.job.directory.find(name)
        team.save()

    def write(self, rows: list[Row]) -> None:
        """Add teams and people; there are tens of them, not thousands."""
        for row in rows:
            team = self._make_team(self._team_path(row))
            self._set_manager(team, row)
            if row.action == "create":
                row.known = self._create(row, team)
            else:
                values = {**row.changes}
                if "team_id" in values:
                    values["team_id"] = team.pk if team else None
                user = User.objects.get(pk=row.known)
                for name, value in values.items():
                    setattr(user, name, value)
                user.save()

    def _create(self, row: Row, team: Team | None) -> UUID:
        values = row.values
        user = User(
            name=values["name"],
            email=values.get("email"),
            state=User.State.WITHOUT_LOGIN,
            team=team,
            role=self._roles[plain(values.get("role") or "rep")],
            import_source=self.job.run.source,
            external_id=values.get("external_id") or values["name"],
        )
        user.set_unusable_password()
        user.save()
        self.job.directory.add(user.pk, user.name, user.email, active=False)
        return user.pk


class PeopleImporter(Importer):
    """People without login: they own what is imported for them and cannot sign in until they are invited."""

    kind: ClassVar[str] = "people"
    label: ClassVar[Words] = gettext_lazy("People")
    one: ClassVar[Words] = gettext_lazy("person")
    icon: ClassVar[str] = "users"
    hint: ClassVar[Words] = gettext_lazy(
        "Colleagues without login, in teams and offices. Import them before what they own."
    )
    order: ClassVar[int] = 10
    session: ClassVar[type[Session]] = PeopleSession

    def own_fields(self) -> Iterable[Field]:
        """Name, e-mail, team, manager, office and role."""
        return (
            Field("name", gettext_lazy("Name"), parsers.text(120), SYNONYMS["name"]),
            Field("email", gettext_lazy("E-mail"), parsers.email, SYNONYMS["email"], "email"),
            Field("team", gettext_lazy("Team"), parsers.text(120), SYNONYMS["team"]),
            Field("manager", gettext_lazy("Manager (the team is named after)"), parsers.text(120), SYNONYMS["manager"]),
            Field("office", gettext_lazy("Office (above the team)"), parsers.text(120), SYNONYMS["office"]),
            Field("role", gettext_lazy("Role"), parsers.text(80), SYNONYMS["role"]),
            EXTERNAL_ID,
        )

    def may(self, actor: Actor) -> bool:
        """Teams decide who sees what, so this needs the right to change the settings."""
        return actor.may("import") and actor.may("settings")

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A person needs a name."""
        return [] if "name" in fields else [gettext_lazy("Name")]
