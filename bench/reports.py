"""The overview and the reports: kept figures, figures that nobody has asked for yet, and the raw SQL behind them."""

import datetime as dt
import time
from itertools import count

from django.utils import timezone

from crm.reports import registry
from deals.metrics import numbers
from deals.metrics.measure import measure
from deals.metrics.window import Window

from .client import Person
from .measure import Case, page

OVERVIEW = "overview"
FRESH = "overview, asked for the first time"
AS_OF = "overview, as of a day"
DEALS = "deals of today"


def _today() -> dt.date:
    return timezone.localdate()


def cases() -> list[Case]:
    """Return the floor, the overview in three ways, the list of deals now and then, and each report over its own period."""
    found = [
        Case("F(list)", page("/bench/list/")),
        Case(OVERVIEW, page("/reports/"), floor="F(list)", must=4, aim=2),
        Case(AS_OF, page(f"/reports/?as_of={_today() - dt.timedelta(days=40)}"), floor="F(list)", must=4, aim=2),
        Case(DEALS, page("/deals/"), floor="F(list)", must=0, aim=0),
        Case(
            "deals as of a day", page(f"/deals/?as_of={_today() - dt.timedelta(days=40)}"), floor=DEALS, must=0, aim=0
        ),
        Case(FRESH, Fresh().ask, floor="F(list)", must=0, aim=0),
    ]
    for report in registry.all_reports():
        found.append(Case(f"report {report.key}", page(f"/reports/{report.key}/"), floor="F(list)", must=3, aim=2))
    return found


class Fresh:
    """Asks for other days each time, so that nothing is kept."""

    def __init__(self) -> None:
        self.days = count(30)

    def ask(self, person: Person) -> float:
        """Ask for the next window."""
        start = _today() - dt.timedelta(days=next(self.days))
        return page(f"/reports/?from={start}&to={_today()}")(person)


def raw_seconds() -> float:
    """Return how long the plainest question to the relation of deals takes, the best of five."""
    found = []
    for _each in range(5):
        begun = time.perf_counter()
        measure(Window.always(), {"open": numbers.PIPELINE})
        found.append(time.perf_counter() - begun)
    return min(found)
