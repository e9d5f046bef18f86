"""Pairs of records that may be one (M1), what people decided about them, and how they are looked for."""

from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.fields import Found
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed
from crm.kernel.listing.runs import Run


class MatchKind(models.TextChoices):
    """What can be doubled."""

    CONTACT = "contact", _("Contacts")
    COMPANY = "company", _("Companies")


@tracked()
class DuplicateRules(Keyed):
    """By what records of a kind are known to be one (M1): an admin's settings; without a row the defaults hold.

    `fields` is a list of `{"field": "name", "compare": "name", "same": 45, "different": 60}`: points that agreement
    gives and that disagreement takes, see `services.duplicates.rules`. A pair's score is their sum, 0 to 100.
    """

    kind: ClassVar[str] = "duplicaterules"

    record_kind = models.CharField(_("kind"), max_length=10, choices=MatchKind.choices, unique=True)
    fields = models.JSONField(_("fields that score"), default=list)
    possible = models.PositiveSmallIntegerField(
        _("possible from"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    certain = models.PositiveSmallIntegerField(
        _("certain from"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    class Meta:
        verbose_name = _("matching rules")
        verbose_name_plural = _("matching rules")
        constraints = [models.CheckConstraint(condition=Q(certain__gte=F("possible")), name="duplicaterules_in_order")]

    def __str__(self) -> str:
        return str(MatchKind(self.record_kind).label)


class DuplicatePairQuerySet(models.QuerySet[Any]):
    """Query verbs for pairs."""

    def visible_to(self, who: Any) -> Self:
        """Return the pairs of which somebody may see both records, which must be live (U3)."""
        return self.filter(seen_by(who, MatchKind.CONTACT) | seen_by(who, MatchKind.COMPANY))


def seen_by(who: Any, kind: str) -> Q:
    """Return the condition under which a pair or dismissal of a kind may be seen: both its records are live and seen."""
    model = apps.get_model("contacts", kind.capitalize())
    seen = model.objects.visible_to(who).live()
    first, second = seen.filter(pk=OuterRef("first_id")), seen.filter(pk=OuterRef("second_id"))
    return Q(Found(first), Found(second), record_kind=str(kind))


class DuplicatePair(Keyed):
    """Two live records that look like one: found by a worker, found again or dropped whenever they change.

    `first_id` is the smaller id. `reasons` is a list of `{"field": "phone", "how": "same"}`. Nothing that people
    typed, so it enters no history; what they decide does (`Dismissal`, the merge).
    """

    kind: ClassVar[str] = "duplicatepair"

    record_kind = models.CharField(max_length=10, choices=MatchKind.choices)
    first_id = models.UUIDField()
    second_id = models.UUIDField()
    score = models.PositiveSmallIntegerField(_("score"))
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField(default=timezone.now)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="duplicatepair_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="duplicatepair_in_order"),
        ]
        indexes = [
            models.Index(fields=["record_kind", "-score", "id"], name="duplicatepair_queue"),
            models.Index(fields=["second_id"], name="duplicatepair_second"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}"

    def allows(self, actor: Any, verb: str) -> bool:
        """Say yes: the merge itself asks for the right to each of the two records."""
        return True


@tracked()
class Dismissal(Keyed):
    """Somebody's word that two records are not one; it is remembered and follows both through merges (M1)."""

    kind: ClassVar[str] = "dismissal"

    record_kind = models.CharField(max_length=10, choices=MatchKind.choices)
    first_id = models.UUIDField()
    second_id = models.UUIDField()
    user = models.ForeignKey("users.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("pair that is not one")
        verbose_name_plural = _("pairs that are not one")
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="dismissal_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="dismissal_in_order"),
        ]
        indexes = [
            models.Index(fields=["record_kind", "-at", "id"], name="dismissal_newest"),
            models.Index(fields=["second_id"], name="dismissal_second"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"


class DuplicateKey(models.Model):
    """What records have in common if they are one, as a hash: only records that share a key are compared."""

    id = models.BigAutoField(primary_key=True)
    record_kind = models.CharField(max_length=10)
    key = models.BigIntegerField()
    record_id = models.UUIDField()

    class Meta:
        verbose_name = _("matching key")
        verbose_name_plural = _("matching keys")
        indexes = [
            models.Index(fields=["record_kind", "key"], name="duplicatekey_key"),
            models.Index(fields=["record_id"], name="duplicatekey_record"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.record_id}"


class DuplicateCheck(models.Model):
    """A record that was written and waits for being compared; stored with the change, taken by a worker."""

    id = models.BigAutoField(primary_key=True)
    record_kind = models.CharField(max_length=10)
    record_id = models.UUIDField()

    class Meta:
        verbose_name = _("record to compare")
        verbose_name_plural = _("records to compare")

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"


class DuplicateScan(Run):
    """One look at all records of a kind. `position` is the resume point, committed with the work that it counts."""

    class Phase(models.TextChoices):
        """What is being done."""

        KEYS = "keys", _("Reading records")
        PAIRS = "pairs", _("Comparing")

    kind: ClassVar[str] = "duplicatescan"

    record_kind = models.CharField(_("kind"), max_length=10, choices=MatchKind.choices)
    phase = models.CharField(_("step"), max_length=6, choices=Phase.choices, default=Phase.KEYS)
    position = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("scan for duplicates")
        verbose_name_plural = _("scans for duplicates")
        constraints = [
            models.UniqueConstraint(
                fields=["record_kind"], condition=Q(state="running"), name="duplicatescan_one_running"
            )
        ]
        indexes = [models.Index(fields=["record_kind", "-created_at"], name="duplicatescan_newest")]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def progress(self) -> int:
        """How far it is, 0 to 100: reading records is the first half."""
        return self.percent // 2 + (50 if self.phase == self.Phase.PAIRS else 0)
