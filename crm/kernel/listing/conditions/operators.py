"""The operators of conditions: what they are called, how many values they take, and which is another's contrary."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `takes` is its number of values, -1 for one or more.

    An operator with a `contrary` holds wherever that one does not, so "is not" is true of what is empty.
    `unit` stands behind the value: days.
    """

    key: str
    label: Any
    takes: int = 1
    contrary: str = ""
    unit: Any = ""


def _named(*operators: Operator) -> dict[str, Operator]:
    return {each.key: each for each in operators}


EMPTY = (
    Operator("empty", _("is empty"), 0),
    Operator("filled", _("is not empty"), 0, contrary="empty"),
)
TEXT = _named(
    Operator("contains", _("contains")),
    Operator("lacks", _("does not contain"), contrary="contains"),
    Operator("is", _("is")),
    Operator("is_not", _("is not"), contrary="is"),
    Operator("starts", _("starts with")),
    *EMPTY,
)
NUMBER = _named(
    Operator("is", _("is")),
    Operator("is_not", _("is not"), contrary="is"),
    Operator("lt", _("is less than")),
    Operator("lte", _("is at most")),
    Operator("gt", _("is more than")),
    Operator("gte", _("is at least")),
    Operator("between", _("is between"), 2),
    *EMPTY,
)
DATE = _named(
    Operator("last", _("in the last"), unit=_("days")),
    Operator("older", _("more than … ago"), unit=_("days")),
    Operator("next", _("in the next"), unit=_("days")),
    Operator("beyond", _("further ahead than"), unit=_("days")),
    Operator("in", _("in")),
    Operator("is", _("is on")),
    Operator("is_not", _("is not on"), contrary="is"),
    Operator("lt", _("is before")),
    Operator("gt", _("is after")),
    Operator("between", _("is between"), 2),
    *EMPTY,
)
CHOICE = _named(
    Operator("is", _("is any of"), -1),
    Operator("is_not", _("is none of"), -1, contrary="is"),
    *EMPTY,
)
TAGS = _named(
    Operator("any", _("have any of"), -1),
    Operator("all", _("have all of"), -1),
    Operator("none", _("have none of"), -1, contrary="any"),
    *EMPTY,
)
YES_NO = _named(Operator("yes", _("is ticked"), 0), Operator("no", _("is not ticked"), 0, contrary="yes"))
MEMBER = _named(
    Operator("in", _("is in"), -1),
    Operator("not_in", _("is not in"), -1, contrary="in"),
)
