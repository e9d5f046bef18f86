"""By what numbers can be told apart: each a word, and an expression over the relation `facts f`."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from crm.kernel.customfields.models import CustomField


def _yes(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _int(text: str) -> int:
    number = int(text)
    if abs(number) >= 2**31:
        raise ValueError(text)
    return number


READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "uuid": UUID,
    "date": dt.date.fromisoformat,
    "int": _int,
    "boolean": _yes,
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way of telling deals apart. `sql` is an expression over `f`; `cast` the type of what it gives."""

    key: str
    label: Any
    sql: str
    cast: str = "text"
    compare: str = "IS NOT DISTINCT FROM"  # NULL is a value as well

    @property
    def condition(self) -> str:
        """The condition of rows with the value `%(is_<key>)s`."""
        return f"({self.sql}) {self.compare} %(is_{self.key})s::{self.cast}"

    def read(self, text: str) -> Any:
        """Return a value of an address in its type; raises ValueError."""
        return READERS[self.cast](text)


def _of_company(column: str) -> str:
    return f"(SELECT NULLIF(c.{column}, '') FROM contacts_company c WHERE c.id = f.company_id)"


PIPELINE = Dimension("pipeline", _("Pipeline"), "f.pipeline_id", "uuid")
STAGE = Dimension("stage", _("Stage"), "f.stage_id", "uuid")
OWNER = Dimension("owner", _("Owner"), "f.credited_id", "uuid")
TEAM = Dimension("team", _("Team"), "f.team_id", "uuid")
REASON = Dimension("reason", _("Lost reason"), "f.lost_reason_id", "uuid")
SOURCE = Dimension("source", _("Source"), "NULLIF(f.source, '')")
COMPANY = Dimension("company", _("Company"), "f.company_id", "uuid")
INDUSTRY = Dimension("industry", _("Industry"), _of_company("industry"))
SIZE = Dimension("size", _("Size band"), _of_company("size_band"))
CATEGORY = Dimension("category", _("Forecast category"), "f.category")
OUTCOME = Dimension("outcome", _("Outcome"), "f.kind")
CURRENCY = Dimension("currency", _("Currency"), "f.currency")
CLOSED_MONTH = Dimension("closed_month", _("Month of close"), "date_trunc('month', f.closed_on)::date", "date")
CREATED_MONTH = Dimension("created_month", _("Month of creation"), "date_trunc('month', f.created_on)::date", "date")
# Two years from "month", else a close far away would make an endless axis; "slipped": expected before that day (N6).
CLOSE_BUCKET = Dimension(
    "bucket",
    _("Expected close"),
    """CASE WHEN f.expected_close IS NULL THEN 'none' WHEN f.expected_close < %(day)s::date THEN 'slipped'
    ELSE to_char(f.expected_close, 'YYYY-MM') END""",
)

# Of deals whose close is still to come: whether its month is one of the period's, and the month, for months added up.
_TO_COME = "f.expected_close >= %(day)s::date"
_MONTH = "date_trunc('month', f.expected_close)"
_FROM_FIRST = f"{_TO_COME} AND {_MONTH} >= date_trunc('month', %(start)s::date)"
IN_MONTHS = Dimension(
    "in_months",
    _("Expected close"),
    f"CASE WHEN {_TO_COME} THEN {_FROM_FIRST} AND {_MONTH} <= %(end)s::date END",
    "boolean",
)
UNTIL_MONTH = Dimension(
    "until_month", _("Expected close"), f"CASE WHEN {_FROM_FIRST} THEN {_MONTH}::date END", "date", "<="
)
COUNTED = Dimension("counted", _("Not omitted"), "f.category <> 'omitted'", "boolean")
BEST_CASE = Dimension("best", _("Best case or commit"), "f.category IN ('best_case', 'commit')", "boolean")
WON_UNTIL = Dimension("won_until", _("Month of close"), "date_trunc('month', f.closed_on)::date", "date", "<=")

BUILT_IN = (
    PIPELINE, STAGE, OWNER, TEAM, REASON, SOURCE, COMPANY, INDUSTRY, SIZE, CATEGORY, OUTCOME, CURRENCY, CLOSED_MONTH,
    CREATED_MONTH, CLOSE_BUCKET, IN_MONTHS, UNTIL_MONTH, COUNTED, BEST_CASE, WON_UNTIL,
)  # fmt: skip
BY_KEY = {each.key: each for each in BUILT_IN}


def of_custom_field(field: CustomField) -> Dimension:
    """Return the dimension of a custom dropdown or yes/no field of deals, such as the product."""
    return Dimension(f"cf_{field.key}", field.label, f"f.custom ->> '{field.key}'")  # the key is a plain word by C1


def find(key: str, fields: Callable[[], list[CustomField]]) -> Dimension | None:
    """Return a dimension by its key; `fields` tells which custom fields the asker may see."""
    if not key.startswith("cf_"):
        return BY_KEY.get(key)
    return next((of_custom_field(each) for each in fields() if f"cf_{each.key}" == key), None)
