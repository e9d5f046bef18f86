"""Activities: what people did or plan to do with contacts and deals, and system notes on the timeline (R5, R7)."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Found, Words
from crm.kernel.core.history import tracked
from crm.kernel.core.models import BinnableRows, Keyed, Record
from deals.models import Deal, StageChange


def linked_records(who: Any, link: str) -> Q:
    """Return the condition under which an activity or task is visible through its deal, contacts or company (U3).

    A link to a company alone counts only if there is neither a deal nor a contact. `link` is `activity` or `task`.
    """
    deals = Deal.objects.visible_to(who).filter(pk=OuterRef("deal_id"))
    everyones_company = Q(company__isnull=False) if not who.scope("company", "view").nothing else Q(pk__in=[])
    if link == "task":
        contacts = Contact.objects.visible_to(who).filter(pk=OuterRef("contact_id"))
        alone = Q(deal__isnull=True, contact__isnull=True)
        return Found(deals) | Found(contacts) | (alone & everyones_company)
    links = ActivityContact.objects.filter(activity=OuterRef("pk"))
    seen = links.filter(Exists(Contact.objects.visible_to(who).filter(pk=OuterRef("contact_id"))))
    alone = Q(deal__isnull=True) & ~Q(Found(links))
    return Found(deals) | Found(seen) | (alone & everyones_company)


# What an activity is found by, its words and its month; the expression of its index.
WORDS = Words(Concat("subject", Value(" "), "body", output_field=models.TextField()), "at")


class ActivityQuerySet(BinnableRows):
    """Query verbs for activities."""

    def visible_to(self, who: Any) -> Self:
        """Return one's own and those whose deal or one of whose contacts one may see (U3)."""
        if who.scope("activity", "view").everything:
            return self
        me = getattr(who, "pk", None) or who.id
        return self.filter(Q(user_id=me) | linked_records(who, "activity"))

    def planned(self) -> Self:
        """Return calls and meetings that are still to come or were not closed."""
        return self.filter(completed_at__isnull=True, type__in=("call", "meeting", "email"))

    def happened(self) -> Self:
        """Return what is done, notes and system entries included."""
        return self.filter(completed_at__isnull=False)


@tracked()
class Activity(Record):
    """A call, e-mail, meeting or note, or a system entry of the timeline (R5).

    `at` places it on the timeline: when it was completed, else when it is planned. Company and deal are those of the
    moment it happened (R2). System entries say what in `system` (`stage_changed`, `lead_qualified`, `task_done` ...),
    with the details in `data`; the one of a stage change refers to it, so there is exactly one.
    """

    class Type(models.TextChoices):
        """What kind of activity it is."""

        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")
        SYSTEM = "system", _("System")

    class Direction(models.TextChoices):
        """Who began it."""

        OUT = "out", _("Outgoing")
        IN = "in", _("Incoming")

    class Outcome(models.TextChoices):
        """How it went."""

        HELD = "held", _("Held")
        NO_SHOW = "no_show", _("No-show")
        CANCELLED = "cancelled", _("Cancelled")
        REACHED = "reached", _("Reached")
        NO_ANSWER = "no_answer", _("No answer")

    kind: ClassVar[str] = "activity"
    history_time: ClassVar[str] = "completed_at"
    follows: ClassVar[dict[str, str]] = {"type": "system"}

    type = models.CharField(_("type"), max_length=8, choices=Type.choices)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    body = models.TextField(_("text"), blank=True, max_length=50_000)
    user = models.ForeignKey(
        "users.User", models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("person")
    )
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("company")
    )
    deal = models.ForeignKey(
        Deal, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("deal")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    scheduled_at = models.DateTimeField(_("planned for"), null=True, blank=True)
    scheduled_on = models.DateField(_("all day on"), null=True, blank=True)
    completed_at = models.DateTimeField(_("done"), null=True, blank=True)
    duration = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True, editable=False)
    system = models.CharField(max_length=30, blank=True, editable=False)
    data = models.JSONField(default=dict, blank=True, editable=False)
    stage_change = models.OneToOneField(
        StageChange, models.CASCADE, null=True, blank=True, related_name="timeline_entry", editable=False
    )

    contacts = models.ManyToManyField(Contact, through="ActivityContact", related_name="activities")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.CheckConstraint(condition=~Q(type="system") | ~Q(system=""), name="activity_system_says_what"),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="activity_external_id"
            ),
        ]
        indexes = [
            GinIndex(WORDS, name="activity_words_at", condition=~Q(type="system")),
            models.Index(fields=["deal", "-at", "-id"], name="activity_deal", condition=Q(deal__isnull=False)),
            models.Index(fields=["company", "-at", "-id"], name="activity_company", condition=Q(company__isnull=False)),
            models.Index(fields=["user", "-at", "-id"], name="activity_user", condition=~Q(type="system")),
            models.Index(fields=["-at", "-id"], name="activity_all", condition=~Q(type="system")),
            models.Index(
                fields=["user", "scheduled_at"],
                name="activity_planned",
                condition=Q(completed_at__isnull=True, binned_at__isnull=True),
            ),
            # Rows lie in the order of time: a few bytes for each stretch tell where a day's are.
            BrinIndex(fields=["completed_at"], name="activity_done", pages_per_range=32, autosummarize=True),
            # Few are pinned: a timeline looks among these instead of at all that a record has.
            models.Index(
                fields=["pinned_at"],
                name="activity_pinned",
                condition=Q(pinned_at__isnull=False, binned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.get_type_display())

    @property
    def owner_id(self) -> Any:
        """The person whose activity it is; rights go by it."""
        return self.user_id

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may view (also through the records it is linked to), edit or delete it (U2, U3)."""
        if verb == "view":
            return Activity.objects.visible_to(actor).filter(pk=self.pk).exists()
        if self.type == self.Type.SYSTEM:
            return actor.kind == "system"
        return super().allows(actor, verb)

    def undoable_by(self, actor: Actor) -> bool:
        """Say whether the actor may take it back; a system entry follows the change that it tells of (H2)."""
        return self.type == self.Type.SYSTEM or super().undoable_by(actor)


@tracked()
class ActivityContact(Keyed):
    """The link of an activity to one of its contacts; `at` repeats the activity's, for the contact's timeline."""

    kind: ClassVar[str] = "activitycontact"
    history_parent: ClassVar[str] = "activity"
    history_moves: ClassVar[bool] = True

    # Both are led by the indexes below: one of their own would only be one more to write.
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="contact_links", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="activity_links", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("person in the activity")
        verbose_name_plural = _("people in the activity")
        constraints = [models.UniqueConstraint(fields=["activity", "contact"], name="activitycontact_once")]
        indexes = [models.Index(fields=["contact", "-at", "-activity"], name="activitycontact_timeline")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.activity_id}"


@tracked()
class ActivityMention(Keyed):
    """A colleague mentioned with @ in a note."""

    kind: ClassVar[str] = "activitymention"
    history_parent: ClassVar[str] = "activity"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="mentions")
    user = models.ForeignKey("users.User", models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["activity", "user"], name="activitymention_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.activity_id}"
