"""What people can add to the list of deals: more columns, and the fields of the filter builder."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from contacts.models import Company
from crm.kernel.listing.conditions import Choice, Date, Field, Instant, Number, Person, Record, Tags, Text
from crm.kernel.listing.conditions.members import InList
from crm.kernel.listing.plain import ago_column, choice_column, day_column, number_column, text_column

from .models import ForecastCategory, LostReason, Pipeline, Stage


def company_name(actor: Any, pk: UUID) -> str | None:
    """Return a company's name, None if the person may not see it (U3)."""
    return Company.objects.visible_to(actor).filter(pk=pk).values_list("name", flat=True).first()


def stage_choices() -> list[tuple[str, str]]:
    """Return every stage that is in use, with its pipeline's name where there are several."""
    stages = Stage.objects.filter(pipeline__archived_at__isnull=True).select_related("pipeline")
    rows = list(stages.order_by("pipeline__position", "pipeline__name", "position"))
    several = len({stage.pipeline_id for stage in rows}) > 1
    return [(str(s.pk), f"{s.pipeline.name}: {s.name}" if several else s.name) for s in rows]


def pipeline_choices() -> list[tuple[str, str]]:
    """Return the pipelines."""
    return [(str(pk), name) for pk, name in Pipeline.objects.order_by("position", "name").values_list("pk", "name")]


def reason_choices() -> list[tuple[str, str]]:
    """Return the reasons for a loss, archived ones too."""
    return [(str(pk), name) for pk, name in LostReason.objects.order_by("position", "name").values_list("pk", "name")]


DEAL_COLUMNS = (
    text_column("pipeline", _("Pipeline"), "pipeline__name"),
    number_column("probability", _("Probability override"), edit="probability"),
    choice_column("category", _("Forecast"), ForecastCategory.choices, "forecast_category", edit="forecast_category"),
    text_column("source", _("Source"), edit="source"),
    ago_column("stage_since", _("In stage since"), "stage_entered_at"),
    day_column("expected", _("Expected close"), "expected_close", edit="expected_close"),
    day_column("closed", _("Closed on"), "closed_on"),
    text_column("lost_reason", _("Lost reason"), "lost_reason__name"),
    text_column("lost_comment", _("What happened")),
    ago_column("worked", _("Last worked"), "last_worked_at"),
    day_column("snoozed", _("Snoozed until"), "snoozed_until"),
    text_column("currency", _("Currency")),
    ago_column("updated", _("Last changed"), "updated_at"),
    text_column("import_source", _("Imported from")),
    text_column("external_id", _("Id there")),
)
_DATES = _("Dates and origin")
DEAL_CONDITIONS: tuple[Field, ...] = (
    Text(key="title", label=_("Title")),
    Number(key="amount", label=_("Amount"), money=True),
    Text(key="currency", label=_("Currency")),
    Choice(key="status", label=_("Status"), column="stage__kind_of", options=Stage.Kind.choices),
    Choice(key="stage", label=_("Stage"), column="stage_id", options=stage_choices),
    Choice(key="pipeline", label=_("Pipeline"), column="pipeline_id", options=pipeline_choices),
    Person(key="owner", label=_("Owner"), column="owner_id"),
    Record(
        key="company", label=_("Company"), column="company_id", options="contacts:company_options",
        name_of=company_name,
    ),
    Text(key="company_name", label=_("Name of the company"), column="company__name"),
    Text(key="company_country", label=_("Country of the company"), column="company__country"),
    Tags(key="tags", label=_("Tags")),
    InList(key="list", label=_("List"), kind="deal"),
    Text(key="source", label=_("Source")),
    Choice(key="category", label=_("Forecast"), column="forecast_category", options=ForecastCategory.choices),
    Number(key="probability", label=_("Probability override")),
    Choice(key="lost_reason", label=_("Lost reason"), column="lost_reason_id", options=reason_choices),
    Date(key="close", label=_("Expected close"), column="expected_close", group=_DATES),
    Date(key="closed", label=_("Closed on"), column="closed_on", group=_DATES),
    Instant(key="stage_since", label=_("In stage since"), column="stage_entered_at", group=_DATES),
    Instant(key="activity", label=_("Last activity"), column="last_activity_at", group=_DATES),
    Instant(key="worked", label=_("Last worked"), column="last_worked_at", group=_DATES),
    Instant(key="next", label=_("Next step"), column="next_step_at", group=_DATES),
    Date(key="snoozed", label=_("Snoozed until"), column="snoozed_until", group=_DATES),
    Instant(key="created", label=_("Created"), column="created_at", group=_DATES),
    Instant(key="updated", label=_("Last changed"), column="updated_at", group=_DATES),
    Text(key="import_source", label=_("Imported from"), group=_DATES),
    Text(key="external_id", label=_("Id there"), group=_DATES),
)  # fmt: skip
