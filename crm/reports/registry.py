"""Reports: one class each, registered under a name that is its address `/reports/<key>/`.

To add a report: subclass `Report`, say what it may be asked, `build` the answer from the numbers, and register it.
Page, filters, file, print, mail and saved views come with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from .asks import Ask
from .tables import Result

OVERVIEW, SALES, PIPELINE, PEOPLE, CUSTOMERS = "overview", "sales", "pipeline", "people", "customers"
GROUPS = {
    PIPELINE: _("Pipeline and forecast"),
    SALES: _("Won and lost"),
    PEOPLE: _("People"),
    CUSTOMERS: _("Leads and customers"),
}


class Report:
    """A report. `filters` are those of pipeline, team, person, period and as_of that it knows.

    `options` are further closed choices by parameter: `{"by": {"owner": _("Owner"), ...}}`; `numbers` have the definitions.
    """

    key: ClassVar[str]
    title: ClassVar[Any]
    text: ClassVar[Any] = ""
    group: ClassVar[str] = SALES
    order: ClassVar[int] = 100
    period: ClassVar[str] = "quarter"
    filters: ClassVar[tuple[str, ...]] = ("period", "pipeline", "team", "person", "as_of")
    numbers: ClassVar[tuple[Any, ...]] = ()

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return the report's own choices: by parameter its label under "" and its values."""
        return {}

    def labels(self) -> Mapping[str, Any]:
        """Return the labels of the options."""
        return {}

    def build(self, ask: Ask) -> Result:
        """Return the answer."""
        raise NotImplementedError


_reports: dict[str, Report] = {}


def register(*reports: type[Report]) -> None:
    """Make reports known."""
    for each in reports:
        _reports[each.key] = each()


def find(key: str) -> Report | None:
    """Return a report by its name."""
    return _reports.get(key)


def all_reports() -> list[Report]:
    """Return all reports in their order."""
    return sorted(_reports.values(), key=lambda each: (list(GROUPS).index(each.group), each.order))


def grouped() -> Iterable[tuple[Any, list[Report]]]:
    """Return the reports by group."""
    found = all_reports()
    return [(label, [each for each in found if each.group == key]) for key, label in GROUPS.items()]
