"""Pipelines, their stages, and the reasons for which deals are lost (P1, P2)."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows
from crm.kernel.customfields.fields import column_key, fields_for
from crm.kernel.customfields.models import CustomField


class ForecastCategory(models.TextChoices):
    """How sure we are of a deal in the forecast (N6)."""

    OMITTED = "omitted", _("Omitted")
    PIPELINE = "pipeline", _("Pipeline")
    BEST_CASE = "best_case", _("Best case")
    COMMIT = "commit", _("Commit")


# What a stage may demand before a deal enters it (P1): columns of a deal, and `contacts` for a person in it. Custom
# fields come to them in `requirable`.
REQUIRABLE = {
    "amount": _("Amount"),
    "company": _("Company"),
    "contacts": _("A person"),
    "expected_close": _("Expected close"),
    "source": _("Source"),
    "description": _("About"),
}


def demandable_fields() -> list[CustomField]:
    """Return the custom fields that a stage can demand: those that everybody may see, so that everybody can fill them."""
    return [each for each in fields_for("deal") if not each.roles]


def requirable() -> dict[str, Any]:
    """Return what a stage may demand, with its words."""
    return REQUIRABLE | {column_key(each): each.label for each in demandable_fields()}


class PipelineQuerySet(Rows):
    """Query verbs for pipelines."""

    def usable(self) -> Self:
        """Return the pipelines that deals can be put into, in their order."""
        return self.filter(archived_at__isnull=True).order_by("position", "name")

    def visible_to(self, who: object) -> Self:
        """Return all: the pipelines are the same for everybody."""
        return self.all()


@tracked()
class Pipeline(Keyed):
    """An ordered set of stages with exactly one won and one lost stage (P1)."""

    kind: ClassVar[str] = "pipeline"

    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at__isnull=True), name="pipeline_name"),
        ]

    def __str__(self) -> str:
        return self.name


class StageQuerySet(Rows):
    """Query verbs for stages."""

    def usable(self) -> Self:
        """Return the stages that deals can be put into."""
        return self.filter(archived_at__isnull=True)

    def open(self) -> Self:
        """Return the stages of open deals."""
        return self.filter(kind_of="open")

    def visible_to(self, who: object) -> Self:
        """Return all: the stages are the same for everybody."""
        return self.all()


@tracked()
class Stage(Keyed):
    """A step of a pipeline (P1). Won and lost are kinds, never names (P2)."""

    class Kind(models.TextChoices):
        """What it means for a deal to be in the stage."""

        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    kind: ClassVar[str] = "stage"

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="stages", verbose_name=_("pipeline"))
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("what it means"), max_length=300, blank=True)
    kind_of = models.CharField(_("kind"), max_length=4, choices=Kind.choices, default=Kind.OPEN)
    probability = models.PositiveSmallIntegerField(_("probability, %"), validators=[MaxValueValidator(100)])
    forecast_category = models.CharField(
        _("forecast category"), max_length=10, choices=ForecastCategory.choices, default=ForecastCategory.PIPELINE
    )
    idle_days = models.PositiveSmallIntegerField(
        _("gone quiet after days"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    required_fields = ArrayField(
        models.CharField(max_length=40), verbose_name=_("fields to fill before entering"), default=list, blank=True
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["pipeline", "position"]
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"], condition=Q(archived_at__isnull=True), name="stage_name_in_pipeline"
            ),
            models.UniqueConstraint(fields=["pipeline"], condition=Q(kind_of="won"), name="stage_one_won"),
            models.UniqueConstraint(fields=["pipeline"], condition=Q(kind_of="lost"), name="stage_one_lost"),
            models.CheckConstraint(
                condition=Q(probability__lte=100)
                & (Q(kind_of="open") | Q(kind_of="won", probability=100) | Q(kind_of="lost", probability=0)),
                name="stage_probability_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """True if deals here are still open."""
        return self.kind_of == self.Kind.OPEN

    def missing_from(self, deal: Any, *, people: bool) -> list[str]:
        """Return which of the demanded fields the deal lacks, in the stage's order (P3); `people`: has it any?"""
        has = {"contacts": people, "amount": deal.amount is not None, "company": deal.company_id is not None}
        has |= {column_key(each): each.key in deal.custom for each in demandable_fields()}
        return [name for name in self.required_fields if not has.get(name, getattr(deal, name, True))]

    @property
    def is_won(self) -> bool:
        """True for the stage of won deals."""
        return self.kind_of == self.Kind.WON

    @property
    def is_lost(self) -> bool:
        """True for the stage of lost deals."""
        return self.kind_of == self.Kind.LOST


@tracked()
class LostReason(Keyed):
    """Why deals are lost: a closed list kept by admins (P0). `not_a_loss` ones count in no win rate (N2)."""

    kind: ClassVar[str] = "lostreason"
    NOT_RECORDED: ClassVar[str] = "Not recorded (import)"

    name = models.CharField(_("name"), max_length=80, unique=True)
    not_a_loss = models.BooleanField(
        _("not a loss"), default=False, help_text=_("A duplicate, a test or a mistake: counts in no win rate.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("lost reason")
        verbose_name_plural = _("lost reasons")

    def __str__(self) -> str:
        return self.name
