"""Tasks: what somebody has to do (R6)."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Words
from crm.kernel.core.history import tracked
from crm.kernel.core.models import BinnableRows, Record
from deals.models import Deal

from .activity import linked_records

# What a task is found by; the expression of its index.
WORDS = Words(Concat("title", Value(" "), "notes", output_field=models.TextField()))


class TaskQuerySet(BinnableRows):
    """Query verbs for tasks."""

    def visible_to(self, who: Any) -> Self:
        """Return one's own, those one gave to others, and those whose deal or contact one may see (U3)."""
        if who.scope("task", "view").everything:
            return self
        me = getattr(who, "pk", None) or who.id
        return self.filter(Q(assignee_id=me) | Q(created_by_id=me) | linked_records(who, "task"))

    def open(self) -> Self:
        """Return what is still to do."""
        return self.filter(done_at__isnull=True)

    def done(self) -> Self:
        """Return what is done."""
        return self.filter(done_at__isnull=False)


@tracked()
class Task(Record):
    """Something to do by somebody (R6). Overdue is a property of time, not a state.

    `due_on` is the day in the assignee's zone; `due_at` the instant where a time is given, else empty: such a task is
    overdue from the next midnight there and reminds at 09:00.
    """

    class Type(models.TextChoices):
        """What there is to do; chooses the icon."""

        TODO = "todo", _("To do")
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")

    class Priority(models.IntegerChoices):
        """How much it matters."""

        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")

    kind: ClassVar[str] = "task"
    derived: ClassVar[tuple[str, ...]] = (*Record.derived, "reminded_at")

    title = models.CharField(_("title"), max_length=200)
    notes = models.TextField(_("notes"), blank=True, max_length=10_000)
    type = models.CharField(_("type"), max_length=8, choices=Type.choices, default=Type.TODO)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    assignee = models.ForeignKey("users.User", models.PROTECT, related_name="tasks", verbose_name=_("assignee"))
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("contact")
    )
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("company")
    )
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("deal"))
    created_by = models.ForeignKey("users.User", models.PROTECT, null=True, related_name="+", editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey("users.User", models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(due_on__isnull=False), name="task_time_needs_a_day"
            ),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="task_external_id"
            ),
        ]
        indexes = [
            GinIndex(WORDS, name="task_words"),
            models.Index(
                fields=["assignee", "due_on", "id"],
                name="task_open",
                condition=Q(done_at__isnull=True, binned_at__isnull=True),
            ),
            models.Index(fields=["assignee", "-done_at"], name="task_done", condition=Q(done_at__isnull=False)),
            models.Index(
                fields=["remind_at"],
                name="task_to_remind",
                condition=Q(reminded_at__isnull=True, done_at__isnull=True, binned_at__isnull=True),
            ),
            models.Index(fields=["deal", "due_on"], name="task_deal", condition=Q(deal__isnull=False)),
            models.Index(fields=["contact", "due_on"], name="task_contact", condition=Q(contact__isnull=False)),
            models.Index(fields=["company", "due_on"], name="task_company", condition=Q(company__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def owner_id(self) -> Any:
        """The assignee; rights go by it."""
        return self.assignee_id

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may view (also through the records it is linked to), edit or delete it (U2, U3)."""
        if verb == "view":
            return Task.objects.visible_to(actor).filter(pk=self.pk).exists()
        return super().allows(actor, verb) or (self.created_by_id is not None and self.created_by_id == actor.id)

    @property
    def is_done(self) -> bool:
        """True once somebody did it."""
        return self.done_at is not None

    def is_overdue(self, now: dt.datetime | None = None) -> bool:
        """Say whether it is late: past its time, or past the end of its day where the assignee is (R6)."""
        if self.done_at is not None or self.due_on is None:
            return False
        now = now or timezone.now()
        if self.due_at is not None:
            return self.due_at < now
        return self.due_on < now.astimezone(self.assignee.zone).date()
