"""What the engine remembers between runs: who is inside a condition, when to look again, whose turn it is (W4)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed

from .rule import Rule


class RuleState(Keyed):
    """Whether a record is inside the conditions of a rule (W4)."""

    kind: ClassVar[str] = "rulestate"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="states")
    record_kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    inside = models.BooleanField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("record in a rule")
        verbose_name_plural = _("records in rules")
        constraints = [models.UniqueConstraint(fields=["rule", "record_id"], name="rulestate_once")]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.inside}"


class DueTime(Keyed):
    """When a time trigger must look at a record: never later than it is due, so that nothing else is ever scanned.

    `spell` is the idle spell, or the date, for which the rule has run or was told not to: it runs once for each.
    """

    kind: ClassVar[str] = "duetime"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="due_times")
    record_kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    at = models.DateTimeField()
    spell = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("due time")
        verbose_name_plural = _("due times")
        constraints = [models.UniqueConstraint(fields=["rule", "record_id"], name="duetime_once")]
        indexes = [
            models.Index(fields=["at"], name="duetime_at"),
            models.Index(fields=["record_id"], name="duetime_record"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.at}"


class AssignmentPool(Keyed):
    """Whose turn it is in one assigning step of a rule; locked while one record is given, so no two meet (W1)."""

    kind: ClassVar[str] = "assignmentpool"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="pools")
    step = models.PositiveSmallIntegerField()
    last_user = models.ForeignKey("users.User", models.SET_NULL, null=True, related_name="+")
    credits = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("pool of an assignment")
        verbose_name_plural = _("pools of assignments")
        constraints = [models.UniqueConstraint(fields=["rule", "step"], name="assignmentpool_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.step}"


class Assignment(Keyed):
    """The ledger: to whom a rule gave a record, why, and what the pool was like at that moment (W1, W6)."""

    kind: ClassVar[str] = "assignment"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="assignments", verbose_name=_("rule"))
    run_id = models.UUIDField(null=True)
    record_kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    user = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+", verbose_name=_("given to"))
    method = models.CharField(_("method"), max_length=20)
    words = models.CharField(_("why"), max_length=300)
    pool = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        indexes = [
            models.Index(fields=["record_id", "-at"], name="assignment_record"),
            models.Index(fields=["rule", "-at"], name="assignment_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.words}"
