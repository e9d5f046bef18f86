"""The row of totals under a list: of the page at once, of all that match when they are counted, up to 10,000 rows.

Money is added up by currency: rates change from day to day, and a sum must be traceable to its rows.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import F, Sum, TextField, Value
from django.utils.formats import number_format

from crm.kernel.core import formats

if TYPE_CHECKING:
    from .lists import ListPage


def page_totals(page: "ListPage") -> dict[str, str]:
    """Return the totals of the rows of this page, by column."""
    found = {}
    for column in page.shown:
        if column.total is not None:
            read = column.total.read
            found[column.key] = words(read(row) for row in page.page.rows)
    return found


def all_totals(page: "ListPage") -> dict[str, str]:
    """Return the totals of all rows that match, by column: one statement each; ask for 10,000 rows at most."""
    found = {}
    for column in page.shown:
        if column.total is None:
            continue
        amount, currency = column.total.amount, column.total.currency
        rows = page.filtered().order_by().alias(
            _amount=F(amount) if isinstance(amount, str) else amount,
        )  # fmt: skip
        unit = Value("", output_field=TextField()) if currency is None else currency
        rows = rows.annotate(_unit=F(unit) if isinstance(unit, str) else unit).values("_unit")
        sums = rows.annotate(_sum=Sum("_amount")).values_list("_sum", "_unit")
        found[column.key] = words(sums)
    return found


def estimated_rows(rows: Any) -> float:
    """Return how many rows the database expects; it plans the query and does not run it."""
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return float(plan[0]["Plan"]["Plan Rows"])


def words(values: Iterable[tuple[Decimal | None, Any]]) -> str:
    """Return the sums by currency in words, the greatest first; nothing where there is nothing to add up."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for amount, unit in values:
        if amount is not None:
            sums[unit or ""] += amount
    ordered = sorted(sums.items(), key=lambda each: -each[1])
    # Where there is no room for all in one line, each has a line of its own.
    return " +\N{NO-BREAK SPACE}".join(
        formats.money(amount, unit) if unit else str(number_format(amount.normalize(), force_grouping=True))
        for unit, amount in ordered
    )
