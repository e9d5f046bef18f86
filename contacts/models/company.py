"""Companies (R3)."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.fields import Fold, PostalAddress, tags_field, trigram_index
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Record
from crm.kernel.customfields.models import Customised, custom_index

from .merged import Mergeable, MergeableRows, merged_constraints, merged_index


class SizeBand(models.TextChoices):
    """How many people work at a company."""

    UP_TO_10 = "1-10", "1-10"
    UP_TO_50 = "11-50", "11-50"
    UP_TO_200 = "51-200", "51-200"
    UP_TO_500 = "201-500", "201-500"
    UP_TO_1000 = "501-1000", "501-1,000"
    UP_TO_5000 = "1001-5000", "1,001-5,000"
    OVER_5000 = "5001+", _("5,001 and more")

    @classmethod
    def of(cls, people: int) -> "SizeBand":
        """Return the band of a number of people."""
        limits = (10, 50, 200, 500, 1000, 5000)
        return list(cls)[sum(people > limit for limit in limits)]


class CompanyQuerySet(MergeableRows):
    """Query verbs for companies."""


@tracked()
class Company(Record, PostalAddress, Customised, Mergeable):
    """A company (R3). Viewed by all; its shared addresses (info@, sales@) belong to it, not to a contact (R2)."""

    kind: ClassVar[str] = "company"
    derived: ClassVar[tuple[str, ...]] = (*Record.derived, "sort_name", "search_text", "last_touch_at")

    name = models.CharField(_("name"), max_length=200)
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    size_band = models.CharField(_("people"), max_length=10, choices=SizeBand.choices, blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    description = models.TextField(_("about"), blank=True, max_length=10_000)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("parent company")
    )
    owner = models.ForeignKey(
        "users.User", models.PROTECT, null=True, blank=True, related_name="companies", verbose_name=_("owner")
    )
    tags = tags_field()
    sort_name = models.GeneratedField(expression=Fold("name"), output_field=models.TextField(), db_persist=True)
    search_text = models.TextField(default="", editable=False)
    last_touch_at = models.DateTimeField(_("last activity"), null=True, editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="company_not_its_own_parent"),
            models.UniqueConstraint(
                fields=["import_source", "external_id"], condition=~Q(external_id=""), name="company_external_id"
            ),
            *merged_constraints("company"),
        ]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="company_name", condition=Q(binned_at__isnull=True)),
            models.Index(
                fields=["owner", "sort_name", "id"], name="company_owner_name", condition=Q(binned_at__isnull=True)
            ),
            models.Index(fields=["-created_at", "-id"], name="company_created", condition=Q(binned_at__isnull=True)),
            models.Index(
                F("last_touch_at").desc(nulls_last=True),
                F("id").desc(),
                name="company_touched",
                condition=Q(binned_at__isnull=True),
            ),
            models.Index(fields=["binned_at"], name="company_bin", condition=Q(binned_at__isnull=False)),
            trigram_index("search_text", "company_search"),
            GinIndex(fields=["tags"], name="company_tags"),
            custom_index("company_custom"),
            merged_index("company"),
        ]

    def __str__(self) -> str:
        return self.name


class CompanyChild(Keyed):
    """A row that belongs to a company and means nothing without it."""

    history_parent: ClassVar[str] = "company"

    class Meta:
        abstract = True


@tracked()
class CompanyDomain(CompanyChild):
    """An internet domain of a company; at most one live company has it."""

    kind: ClassVar[str] = "companydomain"

    company = models.ForeignKey(Company, models.CASCADE, related_name="domains")
    domain = models.CharField(_("domain"), max_length=253)
    live = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [
            models.UniqueConstraint(fields=["domain"], condition=Q(live=True), name="companydomain_one_live"),
            models.CheckConstraint(condition=Q(domain=Lower("domain")), name="companydomain_lower_case"),
        ]

    def __str__(self) -> str:
        return self.domain


@tracked()
class CompanyEmail(CompanyChild):
    """A shared address of a company, such as info@ (R2)."""

    kind: ClassVar[str] = "companyemail"

    company = models.ForeignKey(Company, models.CASCADE, related_name="emails")
    address = models.EmailField(_("e-mail"), max_length=254)
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        verbose_name = _("shared address")
        verbose_name_plural = _("shared addresses")
        constraints = [
            models.UniqueConstraint(fields=["company", "address"], name="companyemail_once"),
            models.UniqueConstraint(fields=["company"], condition=Q(primary=True), name="companyemail_one_primary"),
        ]
        indexes = [models.Index(fields=["address"], name="companyemail_address")]

    def __str__(self) -> str:
        return self.address


@tracked()
class CompanyPhone(CompanyChild):
    """A phone number of a company, stored as E.164."""

    kind: ClassVar[str] = "companyphone"

    company = models.ForeignKey(Company, models.CASCADE, related_name="phones", db_index=False)
    number = models.CharField(_("phone"), max_length=32)
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="companyphone_once"),
            models.UniqueConstraint(fields=["company"], condition=Q(primary=True), name="companyphone_one_primary"),
        ]
        indexes = [models.Index(fields=["number"], name="companyphone_number")]

    def __str__(self) -> str:
        return self.number
