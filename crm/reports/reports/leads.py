"""Where leads come from, and how soon somebody answers them (R4, R5)."""

from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.came import Came
from contacts.models import Contact
from crm.reports.asks import Ask
from crm.reports.charts import Bars
from crm.reports.kept import kept, stamp
from crm.reports.registry import CUSTOMERS, Report
from crm.reports.tables import Cell, Column, Result
from deals.metrics.numbers import Definition

# The first call, e-mail or meeting of a person with somebody after they came in.
ANSWERS = """SELECT c.source, count(*) AS leads, count(r.at) AS answered,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.at - c.created_at) / 3600.0)
        FILTER (WHERE r.at IS NOT NULL),
    count(*) FILTER (WHERE r.at <= c.created_at + interval '1 day'),
    count(*) FILTER (WHERE c.lifecycle IN ('opportunity', 'customer', 'churned')),
    count(*) FILTER (WHERE c.lifecycle = 'customer')
FROM ({people}) c
LEFT JOIN LATERAL (
    SELECT min(a.completed_at) AS at FROM activities_activitycontact l JOIN activities_activity a ON a.id = l.activity_id
    WHERE l.contact_id = c.id AND a.type IN ('call', 'email', 'meeting') AND a.user_id IS NOT NULL
        AND a.binned_at IS NULL AND a.completed_at >= c.created_at AND a.direction IN ('', 'out')) r ON true
GROUP BY GROUPING SETS ((c.source), ())
ORDER BY GROUPING(c.source), 2 DESC, 1"""


class LeadSources(Report):
    """Which sources bring leads that become customers."""

    key = "lead-sources"
    title = gettext_lazy("Lead sources and response time")
    text = gettext_lazy(
        "The people who came in during the period, by source: how soon they were answered, what became of them."
    )
    group = CUSTOMERS
    order = 10
    filters = ("period", "team", "person")
    numbers = (
        Definition(
            gettext_lazy("Leads"),
            "R4, N7",
            gettext_lazy(
                "People created in the period, without partners, suppliers and the like. Answered: the first call, e-mail "
                "or meeting of a colleague with them after they came in. Qualified: they are or were on a deal by now."
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
        came = Came(ask.period.start, ask.period.end)
        key = ("leads", str(came), ask.actor.id, ask.team, ask.person)
        rows = kept(stamp(), key, lambda: self._rows(ask, came))
        *sources, total = rows
        bars = []
        for row in [*sources, total]:
            source, leads, answered, hours, within, qualified, customers = row
            last = row is total
            link = self._link(Came(came.start, came.end, None if last else source), ask)
            few = leads < 10
            result.add(
                Cell(_("All") if last else source or _("Not filled in"), link),
                Cell(leads, link),
                answered,
                hours,
                Cell(within / leads if leads else None, few=few),
                Cell(qualified / leads if leads else None, few=few),
                Cell(customers, f"{link}&stage=customer"),
                Cell(customers / leads if leads else None, few=few),
                total=last,
            )
            if not last:
                bars.append((source or _("Not filled in"), leads, link))
        if not total[1]:
            result.rows.clear()
            result.empty = _("Nobody came in during this period.")
        else:
            result.charts.append(Bars.of(_("Leads"), bars))
        return result

    @staticmethod
    def _rows(ask: Ask, came: Came) -> list[Any]:
        people = Contact.objects.visible_to(ask.actor).live().filter(came.condition())
        if ask.person:
            people = people.filter(owner_id=ask.person)
        elif ask.team:
            people = people.filter(owner__team__in=ask.window.teams)
        sql, params = people.order_by().values("id", "source", "created_at", "lifecycle").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(ANSWERS.replace("{people}", sql), params)
            return cursor.fetchall()

    @staticmethod
    def _link(came: Came, ask: Ask) -> str:
        return "/contacts/?" + urlencode({"came": str(came), **({"owner": str(ask.person)} if ask.person else {})})
