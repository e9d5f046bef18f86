"""Rules and their versions (W1, W4, W8, W9)."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows


class Reentry(models.TextChoices):
    """How often one record sets a rule off (W4)."""

    EVENT = "event", _("Every time")
    ENTRY = "entry", _("Once each time the conditions come true")
    ONCE = "once", _("Once ever")


class RuleQuerySet(Rows):
    """Query verbs for rules."""

    def visible_to(self, who: Any) -> Self:
        """Return all rules for holders of the right to rules, else none: rules tell of what the team does (U2)."""
        return self.all() if who.may("rules") else self.none()

    def listening(self) -> Self:
        """Return the rules that take events in: live ones, and broken ones, which keep them until they are mended (W8)."""
        return self.filter(Q(state=Rule.State.LIVE) | Q(state=Rule.State.PAUSED, broken=True))


@tracked()
class Rule(Keyed):
    """A rule: what it does is in its versions (W1). `current` is the published one, a version without a date is the draft.

    It acts with its owner's rights, or as the house with the rights named in `house_rights` (`deal.edit`, `bulk`; W9).
    `live_since` is the moment from which events count. A rule that can no longer work pauses itself: `broken` is set,
    `pause_reason` says why, and what happens meanwhile is kept for it (W8).
    """

    class State(models.TextChoices):
        """Whether it is at work."""

        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")

    kind: ClassVar[str] = "rule"
    derived: ClassVar[tuple[str, ...]] = ("braked_at", "filled_at", "filled_to")

    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("what it is for"), blank=True, max_length=2_000)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(
        "users.User", models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("owner")
    )
    as_house = models.BooleanField(_("acts as the house"), default=False)
    house_rights = models.JSONField(_("rights of the house"), default=list, blank=True)
    current = models.ForeignKey(
        "RuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("published version")
    )
    trigger = models.CharField(_("trigger"), max_length=40, blank=True, editable=False)
    live_since = models.DateTimeField(_("live since"), null=True, blank=True, editable=False)
    include_existing = models.BooleanField(_("for records that match already"), default=False, editable=False)
    pause_reason = models.CharField(_("why paused"), max_length=500, blank=True, editable=False)
    broken = models.BooleanField(_("paused itself"), default=False, editable=False)
    house_key = models.CharField(max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+", editable=False)
    # When the brake last held runs back; how far the due times of records are filled in.
    braked_at = models.DateTimeField(null=True, editable=False)
    filled_at = models.DateTimeField(null=True, editable=False)
    filled_to = models.UUIDField(null=True, editable=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="rule_name"),
            models.UniqueConstraint(fields=["house_key"], condition=~Q(house_key=""), name="rule_house_key"),
            models.CheckConstraint(condition=Q(as_house=True) | Q(owner__isnull=False), name="rule_has_an_owner"),
        ]
        indexes = [models.Index(fields=["trigger"], name="rule_trigger", condition=~Q(state="draft"))]

    def __str__(self) -> str:
        return self.name

    @property
    def owner_words(self) -> str:
        """With whose rights it acts."""
        return str(_("the house")) if self.as_house else str(self.owner)

    def allows(self, actor: Any, verb: str) -> bool:
        """Say whether the actor may change the rule: one's own, an admin any (W9); whoever has the right may see it."""
        if not actor.may("rules"):
            return False
        return verb == "view" or bool(actor.may("settings")) or (not self.as_house and self.owner_id == actor.id)

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may take back a change of it: whoever may change it today (H2)."""
        return self.allows(actor, "edit")

    @property
    def draft(self) -> "RuleVersion | None":
        """The version that is being worked on, None if the published one is the latest."""
        return self.versions.filter(published_at__isnull=True).first()

    @property
    def latest(self) -> "RuleVersion | None":
        """The draft, else the published version."""
        return self.draft or self.current


@tracked()
class RuleVersion(Keyed):
    """One version of a rule (W8): its document, as `docs/automation.md` describes it. Published ones never change."""

    kind: ClassVar[str] = "ruleversion"
    history_parent: ClassVar[str] = "rule"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField(_("document"))
    saved_at = models.DateTimeField(default=timezone.now, editable=False)
    saved_by = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+", editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    published_by = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ["rule", "-number"]
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="ruleversion_number"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(published_at__isnull=True), name="ruleversion_one_draft"
            ),
        ]
        indexes = [models.Index(F("rule"), F("number").desc(), name="ruleversion_latest")]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"

    @property
    def stamp(self) -> str:
        """What a page keeps of the version that it shows: a draft is saved over, so that its id alone does not tell."""
        return f"{self.pk}@{self.saved_at.astimezone(dt.UTC).isoformat()}"
