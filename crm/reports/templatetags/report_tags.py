"""How tables and charts of reports are written."""

from collections.abc import Mapping
from typing import Any

from django import template

from crm.reports.charts import short as short_value
from crm.reports.tables import NOTHING, Cell, Column, Result, TableRow, percent
from crm.reports.tables import written as written_value

register = template.Library()


@register.filter
def cells(result: Result, row: TableRow) -> list[tuple[Column, Cell]]:
    """Return the cells of a row with their columns."""
    return list(zip(result.columns, row.cells, strict=True))


@register.filter
def shown(cell: Cell, column: Column) -> str:
    """Return a cell's value as people read it."""
    return written_value(cell.value, cell.kind or column.kind)


@register.filter
def written(value: Any, kind: str) -> str:
    """Return a value as people read it; `percent0` is a share without decimals."""
    if kind == "percent0":
        return percent(value, 0)
    return written_value(value, kind)


@register.filter
def short(value: Any, kind: str) -> str:
    """Return a value for a narrow place."""
    return NOTHING if value is None else short_value(value, kind)


@register.filter
def svg(value: Any) -> str:
    """Return a number as SVG wants it, whatever the language in use."""
    return f"{float(value):.1f}"


@register.filter
def plus4(value: Any) -> str:
    """Return where words beside a line stand."""
    return f"{float(value) + 4:.1f}"


@register.filter
def tone_class(tone: str) -> str:
    """Return the class of a mark's colour."""
    return {"1": "c1", "2": "c2", "3": "c3"}.get(tone, tone)


@register.filter
def get(values: Mapping[str, Any], key: str) -> Any:
    """Return a value by key."""
    return values[key]
