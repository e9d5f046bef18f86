"""How a filter compares a custom field. A type lists the ones it knows; the labels are read in the filter builder."""

from typing import Final

from django.utils.translation import gettext_lazy as _

IS: Final = "is"
IS_NOT: Final = "is_not"
ANY: Final = "any"
NONE: Final = "none"
ALL: Final = "all"
CONTAINS: Final = "contains"
LESS: Final = "lt"
MOST: Final = "lte"
MORE: Final = "gt"
LEAST: Final = "gte"
BETWEEN: Final = "between"
FILLED: Final = "filled"
EMPTY: Final = "empty"

LABELS: Final = {
    IS: _("is"),
    IS_NOT: _("is not"),
    ANY: _("is any of"),
    NONE: _("is none of"),
    ALL: _("has all of"),
    CONTAINS: _("contains"),
    LESS: _("is less than"),
    MOST: _("is at most"),
    MORE: _("is more than"),
    LEAST: _("is at least"),
    BETWEEN: _("is between"),
    FILLED: _("is filled"),
    EMPTY: _("is empty"),
}
DATE_LABELS: Final = {
    LESS: _("is before"),
    MOST: _("is on or before"),
    MORE: _("is after"),
    LEAST: _("is on or after"),
}
# How many values an operator takes: none, one, two or any number.
TAKES: Final = {FILLED: 0, EMPTY: 0, BETWEEN: 2, ANY: -1, NONE: -1, ALL: -1}


def takes(operator: str) -> int:
    """Return how many values an operator takes; -1 is one or more."""
    return TAKES.get(operator, 1)
