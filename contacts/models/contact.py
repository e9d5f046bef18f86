"""Contacts and leads (R2, R4)."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.fields import Fold, PostalAddress, long_text, short_text, tags_field, trigram_index
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Record
from crm.kernel.customfields.models import Customised, custom_index

from .company import Company
from .merged import Mergeable, MergeableRows, merged_constraints, merged_index


class Lifecycle(models.TextChoices):
    """Where a person stands with us; opportunity and customer are derived from deals (R4)."""

    LEAD = "lead", _("Lead")
    OPPORTUNITY = "opportunity", _("Opportunity")
    CUSTOMER = "customer", _("Customer")
    CHURNED = "churned", _("Churned")
    OTHER = "other", _("Other")


class LeadStatus(models.TextChoices):
    """How far we are with a lead (R4)."""

    NEW = "new", _("New")
    WORKING = "working", _("Working")
    NURTURING = "nurturing", _("Nurturing")
    UNQUALIFIED = "unqualified", _("Unqualified")


class ContactQuerySet(MergeableRows):
    """Query verbs for contacts."""

    def leads(self) -> Self:
        """Return the contacts at stage lead (R4)."""
        return self.filter(lifecycle=Lifecycle.LEAD)

    def binned(self) -> Self:
        """Return what is in the bin; an erased person is not, nothing brings them back."""
        return super().binned().filter(erased_at__isnull=True)

    def unowned(self) -> Self:
        """Return the queue of contacts that nobody owns yet (U4)."""
        return self.filter(owner__isnull=True)


@tracked()
class Contact(Record, PostalAddress, Customised, Mergeable):
    """A person (R2). A lead is a contact at stage `lead` (R4)."""

    kind: ClassVar[str] = "contact"
    derived: ClassVar[tuple[str, ...]] = (
        *Record.derived,
        "sort_name",
        "search_text",
        "primary_email",
        "primary_phone",
        "last_touch_at",
        "last_worked_at",
        "next_step_at",
        "erased_at",
    )
    recomputed: ClassVar[tuple[str, ...]] = ("lifecycle", "lead_status")

    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    company = models.ForeignKey(
        Company,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("company"),
        db_index=False,  # contact_company leads with it
    )
    owner = models.ForeignKey(
        "users.User", models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("owner")
    )
    lifecycle = models.CharField(_("lifecycle"), max_length=12, choices=Lifecycle.choices, default=Lifecycle.LEAD)
    churned_on = models.DateField(_("churned on"), null=True, blank=True)
    churned_reason = models.CharField(_("why churned"), max_length=300, blank=True)
    lead_status = models.CharField(_("lead status"), max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW)
    unqualified_reason = models.CharField(_("why unqualified"), max_length=300, blank=True)
    lead_score = models.SmallIntegerField(_("score"), default=0)
    source = models.CharField(_("source"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=40, blank=True)
    links = ArrayField(models.URLField(max_length=300), verbose_name=_("links"), default=list, blank=True)
    tags = tags_field()
    description = models.TextField(_("about"), blank=True, max_length=10_000)
    do_not_email = models.BooleanField(_("do not e-mail"), default=False)
    do_not_call = models.BooleanField(_("do not call"), default=False)
    consent_at = models.DateTimeField(_("consent given"), null=True, blank=True)
    consent_how = models.CharField(_("how consent was given"), max_length=200, blank=True)
    consent_basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    sort_name = models.GeneratedField(
        expression=Fold(Concat("first_name", Value(" "), "last_name")), output_field=models.TextField(), db_persist=True
    )
    search_text = models.TextField(default="", editable=False)
    primary_email = models.CharField(_("e-mail"), max_length=254, default="", editable=False)
    primary_phone = models.CharField(_("phone"), max_length=32, default="", editable=False)
    last_touch_at = models.DateTimeField(_("last activity"), null=True, editable=False)
    last_worked_at = models.DateTimeField(_("last worked"), null=True, editable=False)
    next_step_at = models.DateTimeField(_("next step"), null=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(condition=~Q(first_name="") | ~Q(last_name=""), name="contact_has_a_name"),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="contact_external_id"
            ),
            *merged_constraints("contact"),
        ]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="contact_name", condition=Q(binned_at__isnull=True)),
            models.Index(
                fields=["owner", "sort_name", "id"], name="contact_owner_name", condition=Q(binned_at__isnull=True)
            ),
            models.Index(fields=["-created_at", "-id"], name="contact_created", condition=Q(binned_at__isnull=True)),
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                name="contact_touched",
                condition=Q(binned_at__isnull=True),
            ),
            models.Index(
                F("owner"),
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                name="contact_owner_touched",
                condition=Q(binned_at__isnull=True),
            ),
            models.Index(
                fields=["sort_name", "id"],
                name="contact_unowned_name",
                condition=Q(owner__isnull=True, binned_at__isnull=True),
            ),
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                name="contact_unowned_touched",
                condition=Q(owner__isnull=True, binned_at__isnull=True),
            ),
            # Twins that carry the words, where they fit, so that a search need not look at the rows (`listing/walking.py`).
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                include=["search_text"],
                name="contact_touched_words",
                condition=Q(short_text("search_text"), binned_at__isnull=True),
            ),
            models.Index(
                F("owner"),
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                include=["search_text"],
                name="contact_owner_touched_words",
                condition=Q(short_text("search_text"), binned_at__isnull=True),
            ),
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                include=["search_text"],
                name="contact_unowned_touched_words",
                condition=Q(short_text("search_text"), owner__isnull=True, binned_at__isnull=True),
            ),
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                name="contact_touched_long",
                condition=Q(long_text("search_text"), binned_at__isnull=True),
            ),
            models.Index(fields=["company", "sort_name"], name="contact_company"),
            models.Index(
                fields=["lead_status", "-created_at", "-id"],
                name="contact_leads",
                condition=Q(lifecycle="lead", binned_at__isnull=True),
            ),
            models.Index(fields=["binned_at"], name="contact_bin", condition=Q(binned_at__isnull=False)),
            trigram_index("search_text", "contact_search"),
            GinIndex(fields=["tags"], name="contact_tags"),
            # Nobody's rows are many, and everybody sees them.
            GinIndex(
                fields=["tags"], name="contact_unowned_tags", condition=Q(owner__isnull=True, binned_at__isnull=True)
            ),
            custom_index("contact_custom"),
            merged_index("contact"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name, whichever there are."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_lead(self) -> bool:
        """True at stage lead (R4)."""
        return self.lifecycle == Lifecycle.LEAD


class ContactChild(Keyed):
    """A row that belongs to a contact and means nothing without it."""

    history_parent: ClassVar[str] = "contact"

    class Meta:
        abstract = True


@tracked()
class ContactEmail(ContactChild):
    """An e-mail address of a contact, in lower case; it belongs to at most one live contact (R2).

    `live` is False while its contact is in the bin, so that the address can be offered for restoring.
    """

    kind: ClassVar[str] = "contactemail"

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="emails")
    address = models.EmailField(_("e-mail"), max_length=254)
    primary = models.BooleanField(_("primary"), default=False)
    live = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=Q(live=True), name="contactemail_one_live"),
            models.UniqueConstraint(fields=["contact"], condition=Q(primary=True), name="contactemail_one_primary"),
            models.CheckConstraint(condition=Q(address=Lower("address")), name="contactemail_lower_case"),
        ]
        indexes = [models.Index(fields=["address"], name="contactemail_address")]

    def __str__(self) -> str:
        return self.address


@tracked()
class ContactPhone(ContactChild):
    """A phone number of a contact, stored as E.164, shown nationally."""

    kind: ClassVar[str] = "contactphone"

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones", db_index=False)
    number = models.CharField(_("phone"), max_length=32)
    label = models.CharField(_("kind"), max_length=30, blank=True)
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        constraints = [
            models.UniqueConstraint(fields=["contact", "number"], name="contactphone_once"),
            models.UniqueConstraint(fields=["contact"], condition=Q(primary=True), name="contactphone_one_primary"),
        ]
        indexes = [models.Index(fields=["number"], name="contactphone_number")]

    def __str__(self) -> str:
        return self.number
