"""What people set for reports: targets (N9) and mails that bring a report every week or month."""

from typing import Any, ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows


class TargetQuerySet(Rows):
    """Query verbs for targets."""

    def visible_to(self, who: Any) -> Self:
        """Return the targets of the people whose reports somebody may see, and of teams (U2)."""
        scope = who.scope("report", "view")
        if scope.nothing:
            return self.none()
        return self if scope.owners is None else self.filter(Q(user__in=scope.owners) | Q(user__isnull=True))


@tracked()
class Target(Keyed):
    """What a person, or a team of its own, is to win in a month, in the base currency (N9)."""

    kind: ClassVar[str] = "target"

    user = models.ForeignKey("users.User", models.CASCADE, null=True, blank=True, related_name="targets")
    team = models.ForeignKey("users.Team", models.CASCADE, null=True, blank=True, related_name="targets")
    month = models.DateField(_("month"))
    amount = models.DecimalField(_("target"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)])

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="target_of_a_person_or_a_team",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="target_not_negative"),
            models.CheckConstraint(condition=Q(month=TruncMonth("month")), name="target_first_of_month"),
            models.UniqueConstraint(
                fields=["user", "month"], condition=Q(user__isnull=False), name="target_user_month"
            ),
            models.UniqueConstraint(
                fields=["team", "month"], condition=Q(team__isnull=False), name="target_team_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team} {self.month:%Y-%m}: {self.amount}"

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may put it back: whoever may set targets (H2)."""
        return may_set_targets(actor)


def may_set_targets(actor: Any) -> bool:
    """Say whether somebody may set targets: those who may edit reports of others, and the settings."""
    scope = actor.scope("report", "edit")
    return bool(actor.may("settings") or scope.owners is None or len(scope.owners) > 1)


class ReportMailQuerySet(Rows):
    """Query verbs for mails of reports."""

    def visible_to(self, who: Any) -> Self:
        """Return a person's own; whoever may change the settings sees all."""
        person = getattr(who, "user", who)
        if person is None or who.may("settings"):
            return self.all()
        return self.filter(owner=person)


@tracked()
class ReportMail(Keyed):
    """A report that goes out by mail every week or month, to each with the numbers that they may see (U3).

    `query` is the report's address. Without days each mail tells of the week or month that has just ended; with a
    `period` alone of the quarter or year up to the day before; with days always of those.
    """

    kind: ClassVar[str] = "reportmail"

    class Every(models.TextChoices):
        """How often."""

        WEEK = "week", _("Every Monday")
        MONTH = "month", _("On the first of the month")

    report = models.CharField(_("report"), max_length=40)
    query = models.TextField(_("filters"), blank=True, max_length=2_000)
    every = models.CharField(_("how often"), max_length=5, choices=Every.choices, default=Every.WEEK)
    owner = models.ForeignKey("users.User", models.CASCADE, related_name="+", verbose_name=_("owner"))
    # The day whose mail has gone out, so that a day's mail goes out once whatever dies.
    sent_for = models.DateField(null=True, editable=False)

    objects = ReportMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailed report")
        verbose_name_plural = _("mailed reports")
        ordering = ["report", "id"]

    def __str__(self) -> str:
        return f"{self.report} ({self.get_every_display()})"

    def allows(self, actor: Any, verb: str) -> bool:
        """Say whether the actor may see or change it: its owner and administrators."""
        return bool(actor.id == self.owner_id or actor.may("settings"))

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may put it back as it was (H2)."""
        return self.allows(actor, "edit")


@tracked()
class ReportMailTo(Keyed):
    """Somebody to whom a report goes."""

    kind: ClassVar[str] = "reportmailto"
    history_parent: ClassVar[str] = "mail"

    mail = models.ForeignKey(ReportMail, models.CASCADE, related_name="recipients")
    user = models.ForeignKey("users.User", models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("recipient of a report")
        verbose_name_plural = _("recipients of reports")
        constraints = [models.UniqueConstraint(fields=["mail", "user"], name="reportmailto_once")]

    def __str__(self) -> str:
        return f"{self.user_id}"

    def undoable_by(self, actor: Any) -> bool:
        """Say whether the actor may put it back (H2)."""
        return self.mail.allows(actor, "edit")
