"""What reports that tell deals apart have in common: their choices, and the order and names of groups."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.models import CustomField
from crm.reports.asks import Ask
from crm.reports.names import Names
from deals.metrics import dimensions
from deals.metrics.dimensions import Dimension
from deals.metrics.measure import Row, decimal

MOST, MOST_BARS = 100, 30  # groups on a page, and in a chart
TOLD_APART = (CustomField.Type.DROPDOWN, CustomField.Type.YES_NO)


def custom_dimensions(actor: Any) -> dict[str, Dimension]:
    """Return the dropdown and yes/no fields of deals that somebody may see, such as the product (C1)."""
    fields = [each for each in fields_for("deal", actor) if each.type in TOLD_APART]
    return {each.key: each for each in map(dimensions.of_custom_field, fields)}


def choices(actor: Any, *known: Dimension, custom: bool = True) -> dict[str, Any]:
    """Return the choices of "by" with their labels."""
    found = {each.key: each.label for each in known}
    if custom:
        found |= {key: each.label for key, each in custom_dimensions(actor).items()}
    return found


def chosen(ask: Ask, name: str = "by") -> Dimension:
    """Return the dimension that was chosen."""
    key = ask.options[name]
    return dimensions.BY_KEY.get(key) or custom_dimensions(ask.actor)[key]


def namer(names: Names, dimension: Dimension, rows: list[Row]) -> Callable[[Any], str]:
    """Return how the groups of a dimension are called; companies are looked up for these rows alone."""
    if dimension.key != "company":
        return names.of(dimension)
    known = names.companies([row["company"] for row in rows if row["company"]])
    nobody = names.of(dimensions.SOURCE)(None)
    return lambda value: nobody if value is None else known.get(str(value), "?")


def in_order(rows: list[Row], dimension: Dimension, names: Names, by: str = "amount") -> list[Row]:
    """Return rows in the order of stages or time, else the largest first."""
    if dimension.key == "stage":
        order = {str(stage.pk): index for index, stage in enumerate(names.stages)}
        return sorted(rows, key=lambda row: order.get(row["stage"], 0))
    if dimension.cast == "date":
        return sorted(rows, key=lambda row: str(row[dimension.key]))
    return sorted(rows, key=lambda row: (-decimal(row[by]), -row["deals"], str(row[dimension.key])))


def largest[T](rows: list[T], ask: Ask) -> tuple[list[T], list[T]]:
    """Return the first groups, and those that a page tells as one row: a big workspace has thousands of companies."""
    if ask.whole or len(rows) <= MOST + 1:
        return rows, []
    return rows[:MOST], rows[MOST:]


def others(count: int) -> str:
    """Return what the row of the rest is called."""
    return _("%d others (all are in the file)") % count


def summed(rows: list[Row], sums: Mapping[str, Any] | tuple[str, ...]) -> Row:
    """Return the sums of some columns over all rows."""
    return {name: sum((decimal(row[name]) for row in rows), decimal(0)) for name in sums}
