"""Files that people attach to records and activities (U3, R8)."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Found
from crm.kernel.core.history import tracked
from crm.kernel.core.models import BinnableRows, Record
from deals.models import Deal

from .activity import Activity

LINKS = ("contact", "company", "deal", "activity")


class AttachmentQuerySet(BinnableRows):
    """Query verbs for files."""

    def visible_to(self, who: Any) -> Self:
        """Return one's own and those of a deal, contact or activity that one may see (U3).

        A link to a company alone counts only if there is none of these.
        """
        if who.scope("activity", "view").everything:
            return self
        me = getattr(who, "pk", None) or who.id
        deals = Deal.objects.visible_to(who).filter(pk=OuterRef("deal_id"))
        contacts = Contact.objects.visible_to(who).filter(pk=OuterRef("contact_id"))
        # Not `visible_to` of the activity by a join: this is looked up row by row.
        activities = Activity.objects.visible_to(who).filter(pk=OuterRef("activity_id"))
        alone = Q(deal__isnull=True, contact__isnull=True, activity__isnull=True, company__isnull=False)
        companies = Exists(Company.objects.visible_to(who).filter(pk=OuterRef("company_id")))
        return self.filter(
            Q(uploaded_by_id=me) | Found(deals) | Found(contacts) | Found(activities) | (alone & Q(companies))
        )

    def of(self, record: Any) -> Self:
        """Return the files of a contact, company, deal or activity."""
        return self.filter(**{f"{record.kind}_id": record.pk})


@tracked()
class Attachment(Record):
    """A file (U3). Its content is kept once under its SHA-256; `content_type` is what it really is, not what it claims.

    One that belongs to an activity is linked to the activity's records as well, so that it stands among their files.
    Rights go by those on activities: whoever added it may rename and delete it.
    """

    kind: ClassVar[str] = "attachment"

    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("bytes"))
    content_type = models.CharField(_("type"), max_length=100)
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        "users.User", models.PROTECT, null=True, related_name="attachments", verbose_name=_("added by")
    )
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="attachments")
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="attachments")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="attachments")
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, blank=True, related_name="attachments")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False)
                | Q(company__isnull=False)
                | Q(deal__isnull=False)
                | Q(activity__isnull=False),
                name="attachment_belongs_to_something",
            ),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="attachment_external_id"
            ),
        ]
        indexes = [
            *(
                models.Index(
                    fields=[link, "-created_at"], name=f"attachment_{link}", condition=Q((f"{link}__isnull", False))
                )
                for link in LINKS
            ),
            models.Index(fields=["sha256"], name="attachment_sha256"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owner_id(self) -> Any:
        """Whoever added it; rights go by this person."""
        return self.uploaded_by_id

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may view (through what it belongs to), rename or delete it (U2, U3)."""
        if verb == "view":
            return Attachment.objects.visible_to(actor).filter(pk=self.pk).exists()
        return bool(actor.scope("activity", verb).covers(self.uploaded_by_id))
