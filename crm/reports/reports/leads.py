"""Where leads come from, and how soon somebody answers them (R4, R5)."""

from dataclasses import replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.leads import sources
from contacts.came import Came
from contacts.models import Lifecycle
from crm.reports.asks import Ask
from crm.reports.charts import Bars
from crm.reports.kept import kept, stamp
from crm.reports.registry import CUSTOMERS, Report
from crm.reports.tables import Cell, Column, Result
from deals.metrics.numbers import Definition


class LeadSources(Report):
    """Which sources bring leads that become customers."""

    key = "lead-sources"
    title = gettext_lazy("Lead sources and response time")
    text = gettext_lazy(
        "The people who came in during the period, by source: how soon they were answered, what became of them."
    )
    group = CUSTOMERS
    order = 10
    filters = ("period", "team", "person", "as_of")
    numbers = (
        Definition(
            gettext_lazy("Leads"),
            "R4, N7",
            gettext_lazy(
                "People created in the period, without partners, suppliers and the like. Answered: the first call, e-mail "
                "or meeting of a colleague with them after they came in. Qualified: they are or were on a deal by "
                "now."
            ),
        ),
    )

    def build(self, ask: Ask) -> Result:
        """Return a row for each source, and the total."""
        result = Result(
            [
                Column("source", _("Source")),
                Column("leads", _("Leads"), "count"),
                Column("answered", _("Answered"), "count"),
                Column("hours", _("Median hours"), "decimal", _("to the first answer")),
                Column("within", _("Within a day"), "percent"),
                Column("qualified", _("Qualified"), "percent"),
                Column("customers", _("Customers"), "count"),
                Column("rate", _("Became customers"), "percent"),
            ]
        )
        came = Came(ask.period.start, ask.period.end, None, ask.team, ask.as_of, ask.person)
        *found, total = kept(stamp(), ("leads", str(came), ask.actor.id), lambda: sources(ask.actor, came))
        bars = []
        for each in [*found, total]:
            of_these = came if each is total else came.of(each.source)
            name, link = each.source or _("Not filled in"), self._link(of_these)
            few = each.leads < 10
            result.add(
                Cell(_("All") if each is total else name, link),
                Cell(each.leads, link),
                each.answered,
                each.hours,
                Cell(each.within / each.leads if each.leads else None, few=few),
                Cell(each.qualified / each.leads if each.leads else None, few=few),
                Cell(each.customers, self._link(replace(of_these, stage=Lifecycle.CUSTOMER))),
                Cell(each.customers / each.leads if each.leads else None, few=few),
                total=each is total,
            )
            if each is not total:
                bars.append((name, each.leads, link))
        if not total.leads:
            result.rows.clear()
            result.empty = _("Nobody came in during this period.")
        else:
            result.charts.append(Bars.of(_("Leads"), bars))
        return result

    @staticmethod
    def _link(came: Came) -> str:
        """Return where these people are: of today owner and stage are filters of the list, of a past day part of the figure."""
        values = {}
        if came.as_of is None:
            values = {"owner": came.person, "stage": came.stage}
            came = replace(came, person=None, stage=None)
        values = {name: str(value) for name, value in values.items() if value is not None}
        return "/contacts/?" + urlencode({"came": str(came), **values})
