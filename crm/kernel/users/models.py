"""People, teams and roles (U1, U2)."""

import datetime as dt
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows
from crm.kernel.core.scopes import EVERYTHING, NOTHING, Scope
from crm.kernel.workspace.models import validate_timezone

from .policies import validate_flags, validate_levels


@tracked()
class Role(Keyed):
    """What its holders may do: a level per kind of record and verb, and flags (U2)."""

    kind: ClassVar[str] = "role"

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    levels = models.JSONField(_("levels"), validators=[validate_levels])
    flags = models.JSONField(_("rights"), default=list, blank=True, validators=[validate_flags])

    class Meta:
        ordering = ["name"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name

    def level(self, kind: str, verb: str) -> str:
        """Return the level `none`, `own`, `team` or `all` for a kind of record and a verb."""
        return str(self.levels.get(kind, {}).get(verb, "none"))


@tracked()
class Team(Keyed):
    """A team of people; teams form a tree and have a manager (U1)."""

    kind: ClassVar[str] = "team"

    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    manager = models.ForeignKey("users.User", models.SET_NULL, null=True, blank=True, related_name="managed_teams")
    import_source = models.CharField(max_length=60, blank=True, editable=False)
    external_id = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="team_name_in_parent"),
        ]

    def __str__(self) -> str:
        return self.name


TEAM_IDS = """ARRAY(
    WITH RECURSIVE below AS (
        SELECT t.id FROM users_team t WHERE t.id = users_user.team_id OR t.manager_id = users_user.id
        UNION SELECT t.id FROM users_team t JOIN below b ON t.parent_id = b.id
    )
    SELECT m.id FROM users_user m JOIN below ON m.team_id = below.id
)"""


class UserQuerySet(Rows):
    """Query verbs for people."""

    def with_team_ids(self) -> Self:
        """Load the ids of each person's team mates along with the person, see `User.team_ids`."""
        ids = RawSQL(TEAM_IDS, (), ArrayField(models.UUIDField()))  # noqa: S611  a constant
        return self.annotate(loaded_team_ids=ids)

    def active(self) -> Self:
        """Return the people who can log in."""
        return self.filter(state=User.State.ACTIVE)

    def owners(self) -> Self:
        """Return the people who may be given open records: those who can log in (U4)."""
        return self.active().order_by("name")

    def visible_to(self, who: Any) -> Self:
        """Return everybody: colleagues are known to each other."""
        return self.all()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds people by e-mail and loads them with role and team, since every request needs both."""

    def get_by_natural_key(self, email: str) -> "User":
        """Return the person with this e-mail, whatever its case."""
        return self.select_related("role", "team").get(email=email.lower())


@tracked()
class User(Keyed, AbstractBaseUser):
    """A person who works here (U1): active, invited, or without login (imported; may own closed deals only)."""

    kind: ClassVar[str] = "user"
    derived: ClassVar[tuple[str, ...]] = ("password", "last_login")

    class State(models.TextChoices):
        """Whether a person can log in."""

        ACTIVE = "active", _("Active")
        INVITED = "invited", _("Invited")
        WITHOUT_LOGIN = "without_login", _("Without login")

    class Theme(models.TextChoices):
        """Light, dark, or what the operating system says."""

        AUTO = "auto", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.ACTIVE)
    role = models.ForeignKey(Role, models.PROTECT, related_name="users", verbose_name=_("role"))
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    locale = models.CharField(_("language and formats"), max_length=12, default="en")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    delegate = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("stands in for me")
    )
    created_at = models.DateTimeField(default=now, editable=False)
    import_source = models.CharField(max_length=60, blank=True, editable=False)
    external_id = models.CharField(max_length=200, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=models.Q(state="without_login") | models.Q(email__isnull=False), name="user_login_needs_email"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the e-mail in lower case, an empty one as none (U1)."""
        self.email = self.email.lower().strip() if self.email else None
        super().save(*args, **kwargs)

    # What Django asks of a user -----------------------------------------------------------------------------------
    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """True if the person can log in."""
        return self.state == self.State.ACTIVE

    @property
    def is_staff(self) -> bool:
        """True if the person may open the admin."""
        return self.is_active and self.may("settings")

    @property
    def is_superuser(self) -> bool:
        """The admin asks this; whoever may change the settings may do everything there."""
        return self.is_staff

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the admin lets the person act; our own pages ask `scope` and `may`."""
        return self.is_staff

    def has_perms(self, perms: Any, obj: Any = None) -> bool:
        """Return `has_perm` for all of them."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the admin shows an app."""
        return self.is_staff

    # Our own ------------------------------------------------------------------------------------------------------
    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def first_name(self) -> str:
        """What colleagues call them."""
        return self.name.split(" ")[0]

    def today(self) -> dt.date:
        """Return today's date where the person is."""
        return now().astimezone(self.zone).date()

    def may(self, flag: str) -> bool:
        """Say whether the person's role has a flag of U2."""
        return flag in self.role.flags

    def level(self, kind: str, verb: str) -> str:
        """Return the level `none`, `own`, `team` or `all` of the person's role for a kind of record and a verb."""
        return self.role.level(kind, verb)

    def scope(self, kind: str, verb: str) -> Scope:
        """Return whose records of this kind the person may view, edit or delete (U2).

        Unowned records count as level `all` for view and `team` for the rest.
        """
        level = self.level(kind, verb)
        if level == "all":
            return EVERYTHING
        if level == "none":
            return NOTHING
        owners = frozenset({self.pk}) if level == "own" else self.team_ids | {self.pk}
        return Scope(owners, unowned=verb == "view" or level == "team")

    @cached_property
    def team_ids(self) -> frozenset[UUID]:
        """Ids of the members of the person's team and of all teams below it, and of teams they manage; once a request.

        A request's person brings them along (`with_team_ids`); anybody else's are asked for.
        """
        if "loaded_team_ids" not in self.__dict__:
            rows = User.objects.with_team_ids().filter(pk=self.pk).values_list("loaded_team_ids", flat=True)
            return frozenset(rows.first() or ())
        return frozenset(self.__dict__["loaded_team_ids"])


@tracked()
class Absence(Keyed):
    """Days on which a person is away; both ends count (U1)."""

    kind: ClassVar[str] = "absence"

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))

    class Meta:
        ordering = ["starts_on"]
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="absence_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_on} to {self.ends_on}"


class Invitation(Keyed):
    """A link by which an invited person sets a password, valid for 7 days and once."""

    kind: ClassVar[str] = "invitation"
    VALID_DAYS: ClassVar[int] = 7

    user = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField(default=now)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.user}"

    @property
    def expired(self) -> bool:
        """True when the link no longer works."""
        return now() > self.sent_at + dt.timedelta(days=self.VALID_DAYS)


def display_name(user: User) -> str:
    """Return how allauth's pages name a person."""
    return user.name
