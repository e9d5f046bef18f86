"""Deals as files: all that the import reads, under its names (P0)."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from contacts.exports import OWNER
from crm.kernel.listing.exports.registry import Cell, Exporter, instant, joined, register

from .models import Deal, DealContact


class DealExporter(Exporter):
    """Deals, open and closed."""

    kind = "deal"
    importer = "deals"
    label = _("Deals")
    model = Deal
    of_list = {
        "amount": ("amount", "currency"),
        "close": ("expected_close", "closed"),
        "closes": ("expected_close", "closed"),
    }
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("title", ("title",)),
        Cell("amount", ("amount",)),
        Cell("currency", ("currency",)),
        Cell("pipeline", ("pipeline__name",)),
        Cell("stage", ("stage__name",)),
        OWNER,
        Cell("company", ("company__name",)),
        Cell("company_external_id", ("company_id",), lambda row: str(row["company_id"] or "")),
        Cell("contact_external_id", ("people_ids",), lambda row: ", ".join(map(str, row["people_ids"]))),
        Cell("contact_email", ("addresses",), joined("addresses")),
        Cell("expected_close", ("expected_close",)),
        Cell("closed", ("closed_on",)),
        Cell("lost_reason", ("lost_reason__name",)),
        Cell("lost_comment", ("lost_comment",)),
        Cell("source", ("source",)),
        Cell("probability", ("probability",)),
        Cell("forecast_category", ("forecast_category",)),
        Cell("tags", ("tags",), joined("tags")),
        Cell("description", ("description",)),
        Cell(
            "created",
            ("created_at", "created_unknown"),
            lambda row: "" if row["created_unknown"] else instant("created_at")(row),
        ),
    )

    def annotated(self, rows: Any) -> Any:
        """Add the people, the primary one first."""
        links = DealContact.objects.filter(deal=OuterRef("pk")).order_by("-primary", "pk")
        named = links.exclude(contact__primary_email="")
        return rows.annotate(
            people_ids=ArraySubquery(links.values("contact_id")),
            addresses=ArraySubquery(named.values("contact__primary_email")),
        )


def connect() -> None:
    """Offer deals for export."""
    register(DealExporter())
