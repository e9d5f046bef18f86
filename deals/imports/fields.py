"""What a column can fill of a deal (P0)."""

from django.utils.translation import gettext_lazy

from crm.kernel.core import parsers
from crm.kernel.listing.imports.registry import EXTERNAL_ID, Field
from deals.models import ForecastCategory


def deal_fields() -> tuple[Field, ...]:
    """Return the fields of P0, with the people and the dates of the past."""
    link, more = gettext_lazy("Links"), gettext_lazy("More")
    return (
        Field("title", gettext_lazy("Title"), parsers.text(200), SYNONYMS["title"]),
        Field("amount", gettext_lazy("Amount"), parsers.amount, SYNONYMS["amount"], "money"),
        Field("currency", gettext_lazy("Currency"), parsers.currency, SYNONYMS["currency"]),
        Field("stage", gettext_lazy("Stage"), parsers.text(80), SYNONYMS["stage"], "stage"),
        Field("owner", gettext_lazy("Owner"), parsers.text(254), SYNONYMS["owner"], "person"),
        Field("company", gettext_lazy("Company"), parsers.text(200), SYNONYMS["company"], group=link),
        Field(
            "company_domain",
            gettext_lazy("Company's domain"),
            parsers.domain,
            SYNONYMS["company_domain"],
            group=link,
        ),
        Field(
            "company_external_id",
            gettext_lazy("Company's id in the other system"),
            parsers.text(200),
            SYNONYMS["company_external_id"],
            group=link,
        ),
        Field(
            "contact_email",
            gettext_lazy("Contact's e-mail"),
            parsers.emails,
            SYNONYMS["contact_email"],
            "email",
            multiple=True,
            group=link,
        ),
        Field(
            "contact_external_id",
            gettext_lazy("Contact's id in the other system"),
            parsers.words,
            ("contact id",),
            multiple=True,
            group=link,
        ),
        Field(
            "contact_name",
            gettext_lazy("Contact's name"),
            parsers.text(250),
            SYNONYMS["contact_name"],
            group=link,
        ),
        Field("created", gettext_lazy("Created on"), parsers.moment, SYNONYMS["created"], "date"),
        Field("closed", gettext_lazy("Closed on"), parsers.date, SYNONYMS["closed"], "date"),
        Field(
            "expected_close",
            gettext_lazy("Expected close"),
            parsers.date,
            SYNONYMS["expected_close"],
            "date",
        ),
        Field("source", gettext_lazy("Source"), parsers.text(80), SYNONYMS["source"]),
        Field(
            "lost_reason",
            gettext_lazy("Lost reason"),
            parsers.text(80),
            SYNONYMS["lost_reason"],
            group=more,
        ),
        Field(
            "lost_comment",
            gettext_lazy("What happened (lost)"),
            parsers.text(2000, lines=True),
            SYNONYMS["lost_comment"],
            group=more,
        ),
        Field(
            "probability",
            gettext_lazy("Own probability, %"),
            parsers.whole(0, 100),
            SYNONYMS["probability"],
            group=more,
        ),
        Field(
            "forecast_category",
            gettext_lazy("Own forecast category"),
            parsers.choice(ForecastCategory.choices),
            ("forecast",),
            group=more,
        ),
        Field("pipeline", gettext_lazy("Pipeline"), parsers.text(80), SYNONYMS["pipeline"], group=more),
        Field(
            "tag",
            gettext_lazy("The whole cell as one tag"),
            parsers.text(50),
            SYNONYMS["tag"],
            multiple=True,
            group=more,
        ),
        Field(
            "tags",
            gettext_lazy("Tags, divided by commas"),
            parsers.words,
            SYNONYMS["tags"],
            multiple=True,
            group=more,
        ),
        Field(
            "description",
            gettext_lazy("About"),
            parsers.text(10_000, lines=True),
            SYNONYMS["description"],
            multiple=True,
            group=more,
        ),
        Field(
            "describe",
            gettext_lazy("Add to “About” with the column's name"),
            parsers.text(2000, lines=True),
            multiple=True,
            group=more,
        ),
        EXTERNAL_ID,
    )


# What columns of other systems are called.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "title": ("name", "deal", "deal name", "opportunity", "opportunity name", "subject", "deal title"),
    "amount": ("value", "deal value", "close value", "deal amount", "price", "total", "revenue", "contract value"),
    "stage": ("deal stage", "status", "sales stage", "phase", "pipeline stage"),
    "owner": (
        "sales agent",
        "deal owner",
        "opportunity owner",
        "sales rep",
        "assigned to",
        "account manager",
        "responsible",
    ),
    "company": (
        "account",
        "account name",
        "company name",
        "organisation",
        "organization",
        "customer",
        "client",
        "firma",
    ),
    "created": (
        "created",
        "created at",
        "create date",
        "created date",
        "engage date",
        "open date",
        "start date",
        "date created",
    ),
    "closed": ("close date", "closed", "closed at", "closed date", "won time", "lost time", "actual close date"),
    "currency": ("currency code", "deal currency"),
    "company_domain": ("domain",),
    "company_external_id": ("account id", "company id"),
    "contact_email": ("email", "contact email", "e mail"),
    "contact_name": ("contact", "contact name", "contact person", "primary contact"),
    "expected_close": ("expected close date", "expected closing", "forecast date"),
    "source": ("lead source", "channel"),
    "lost_reason": ("closed lost reason", "reason", "loss reason"),
    "lost_comment": ("lost comment",),
    "probability": ("probability", "win probability", "confidence"),
    "pipeline": ("pipeline name", "deal pipeline"),
    "tag": ("product", "product name", "deal type", "type"),
    "tags": ("labels", "tag"),
    "description": ("notes", "comments", "description", "remarks"),
}
