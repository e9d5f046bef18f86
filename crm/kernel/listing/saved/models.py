"""Saved views of lists, and what a person prefers on each list."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows

# The teams above a person's, their own included: what is shared with one of those is shared with them.
ABOVE = """
    WITH RECURSIVE above AS (
        SELECT t.id, t.parent_id FROM users_team t WHERE t.id = %s OR t.manager_id = %s
        UNION SELECT t.id, t.parent_id FROM users_team t JOIN above a ON t.id = a.parent_id
    )
    SELECT id FROM above
"""


class SharedRows(Rows):
    """Query verbs for what a person keeps and may share: views and lists."""

    def visible_to(self, who: Any) -> Self:
        """Return a person's own, what is shared with everybody, and what is shared with a team of theirs or above it."""
        person = getattr(who, "user", who)
        if person is None:
            return self.all() if who.scope("contact", "view").everything else self.none()
        shared = Q(shared=Shared.EVERYBODY) | Q(owner_id=person.pk)
        teams = RawSQL(ABOVE, (person.team_id, person.pk))  # noqa: S611  a constant
        return self.filter(shared | Q(shared=Shared.TEAM, team_id__in=teams))

    def of_person(self, person: Any) -> Self:
        """Return what a person owns."""
        return self.filter(owner=person)


class Shared(models.TextChoices):
    """Who besides its owner may use it."""

    NOBODY = "nobody", _("Only me")
    TEAM = "team", _("A team")
    EVERYBODY = "everybody", _("Everybody")


class Shareable(Keyed):
    """What a person keeps under a name and may share; its owner and administrators change it.

    Names are an owner's once `among` those with the same value there.
    """

    among: ClassVar[str]

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey("users.User", models.PROTECT, related_name="+", verbose_name=_("owner"))
    shared = models.CharField(_("shared with"), max_length=9, choices=Shared.choices, default=Shared.NOBODY)
    team = models.ForeignKey(
        "users.Team", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team")
    )

    objects = SharedRows.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def allows(self, actor: Any, verb: str) -> bool:
        """Say whether the actor may do that: all who see it view, its owner and administrators change it."""
        if verb == "view":
            return type(self)._default_manager.visible_to(actor).filter(pk=self.pk).exists()
        return bool(actor.id == self.owner_id or actor.may("settings"))

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may put it back as it was (H2)."""
        return self.allows(actor, "edit")


@tracked()
class SavedView(Shareable):
    """A list's address and layout under a name. Values such as `me` in it mean whoever looks (U3)."""

    kind: ClassVar[str] = "savedview"
    among: ClassVar[str] = "list_key"

    list_key = models.CharField(_("list"), max_length=30)
    query = models.TextField(_("filters and order"), blank=True, max_length=8_000)
    layout = models.JSONField(_("columns"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_key", "name"], name="savedview_name"),
            models.CheckConstraint(condition=~Q(name=""), name="savedview_has_a_name"),
        ]
        indexes = [models.Index(fields=["list_key", "owner"], name="savedview_list")]


@tracked()
class RecordList(Shareable):
    """A list of records that people put together by hand or from a filter: contacts, companies or deals."""

    kind: ClassVar[str] = "recordlist"
    among: ClassVar[str] = "record_kind"

    class Kind(models.TextChoices):
        """What a list holds."""

        CONTACT = "contact", _("Contacts")
        COMPANY = "company", _("Companies")
        DEAL = "deal", _("Deals")

    record_kind = models.CharField(_("holds"), max_length=10, choices=Kind.choices)

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "record_kind", "name"], name="recordlist_name"),
            models.CheckConstraint(condition=~Q(name=""), name="recordlist_has_a_name"),
        ]


@tracked()
class RecordListMember(Keyed):
    """A record on a list, by id: the record itself decides who may see it (U3)."""

    kind: ClassVar[str] = "recordlistmember"
    history_parent: ClassVar[str] = "list"

    list = models.ForeignKey(RecordList, models.CASCADE, related_name="members")
    record_id = models.UUIDField()

    class Meta:
        verbose_name = _("record on a list")
        verbose_name_plural = _("records on lists")
        constraints = [models.UniqueConstraint(fields=["list", "record_id"], name="recordlistmember_once")]
        indexes = [models.Index(fields=["record_id"], name="recordlistmember_record")]

    def __str__(self) -> str:
        return str(self.record_id)

    def allows(self, actor: Any, verb: str) -> bool:
        """Say whether the actor may change the list that it is on."""
        return self.list.allows(actor, verb)

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may put it back (H2)."""
        return self.allows(actor, "edit")


class ListPreference(Keyed):
    """What a person prefers on a list, or on one view of it: the person's own, so it enters no history.

    `view` is a view's id or the key of one that comes with the list, "" for the list itself; `opens`, on that row, is the
    view with which the list opens. An empty layout means the view's.
    """

    user = models.ForeignKey("users.User", models.CASCADE, related_name="+")
    list_key = models.CharField(max_length=30)
    view = models.CharField(max_length=36, blank=True)
    layout = models.JSONField(default=dict, blank=True)
    pinned = models.BooleanField(default=False)
    opens = models.CharField(max_length=36, blank=True)

    class Meta:
        verbose_name = _("list preference")
        verbose_name_plural = _("list preferences")
        constraints = [models.UniqueConstraint(fields=["user", "list_key", "view"], name="listpreference_once")]

    def __str__(self) -> str:
        return f"{self.list_key} {self.view}".rstrip()
