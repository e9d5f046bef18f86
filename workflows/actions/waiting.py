"""The step that waits: hours, days, working days, or until a date of the record."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions import Date
from workflows.calendars import Calendar
from workflows.conditions import RuleContext
from workflows.fields import RuleField, field_named, fields_of
from workflows.options import Option
from workflows.snapshots import UNKNOWN

from .base import Action, Drafted, Performing, Plan
from .texts import in_full


def dates(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    """Return the fields that hold days."""
    return [(each.key, each.label) for each in fields_of(kind, actor) if isinstance(each.field, Date)] if kind else []


class Wait(Action):
    """Rest until a moment; then the run goes on with the record as it is."""

    key = "wait"
    label = gettext_lazy("Wait")
    icon = "clock"
    waits = True
    options = (
        Option(
            key="unit", label=gettext_lazy("Wait for"), type="choice", default="hours",
            choices=(
                ("hours", gettext_lazy("hours")), ("days", gettext_lazy("days")),
                ("working_days", gettext_lazy("working days")), ("until", gettext_lazy("a date of the record")),
            ),
        ),
        Option(
            key="amount", label=gettext_lazy("How many"), type="number", default=1, least=1, most=8760,
            when=("unit", ("hours", "days", "working_days")),
        ),
        Option(key="field", label=gettext_lazy("Date"), type="field", required=True, choices=dates, when=("unit", ("until",))),
        Option(key="time", label=gettext_lazy("At"), type="time", default="09:00", when=("unit", ("working_days", "until"))),
    )  # fmt: skip

    def check(self, drafted: Drafted) -> None:
        """Waiting for a date needs one."""
        if drafted.options["unit"] == "until" and not drafted.options.get("field"):
            drafted.fail("field", _("Choose the date to wait for."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the date's field."""
        found = field_named(kind, options["field"], None) if options.get("field") else None
        return {found.key: found} if found is not None else {}

    def plan(self, step: Performing) -> Plan:
        """Return until when it waits; a date that is missing or gone by does not hold it."""
        until = self._until(step)
        if until is None or until <= step.context.now:
            return Plan(_("Nothing to wait for"), skip=True)
        local = until.astimezone(step.context.zone)
        words = _("Waited until %(day)s, %(time)s") % {"day": in_full(local.date()), "time": formats.clock(local)}
        return Plan(words, {"unit": step.options["unit"]}, due_at=until)

    def _until(self, step: Performing) -> dt.datetime | None:
        now, amount, unit = step.context.now, int(step.options.get("amount") or 1), step.options["unit"]
        if unit in ("hours", "days"):
            return now + dt.timedelta(**{unit: amount})
        owner = step.owner.pk if step.owner is not None else None
        calendar = Calendar.of([owner])
        today = now.astimezone(calendar.zone(owner)).date()
        if unit == "working_days":
            return calendar.at(owner, calendar.after(owner, today, amount - 1, working=True), step.options["time"])
        value = step.snapshot.values.get(step.options["field"])
        if value is None or value is UNKNOWN:
            return None
        day = value.astimezone(calendar.zone(owner)).date() if isinstance(value, dt.datetime) else value
        return calendar.at(owner, dt.date.fromisoformat(day) if isinstance(day, str) else day, step.options["time"])

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Nothing is done: the engine rests."""
        return {}

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        amount = int(options.get("amount") or 1)
        if options["unit"] == "until":
            field = field_named(kind, options.get("field") or "", None)
            return _("wait until %(field)s") % {"field": field.label if field else ""}
        count = {
            "hours": ngettext("%d hour", "%d hours", amount),
            "days": ngettext("%d day", "%d days", amount),
            "working_days": ngettext("%d working day", "%d working days", amount),
        }[options["unit"]] % amount
        return _("wait %(count)s") % {"count": count}
