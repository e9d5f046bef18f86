"""The targets of the sample workspace: for each rep a sum a month that grows, for the East team one of its own."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from crm.kernel.core.changes import Actor, dated_back
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from crm.reports.services import set_targets
from deals.metrics.window import add_months

BASE = Decimal(30_000)
TEAM_OWN = Decimal(150_000)
BEFORE, MONTHS = 29, 35


def set_sample_targets(*, now: dt.datetime) -> int:
    """Set targets for the whole story back and half a year ahead, as the admin did at the beginning (N9)."""
    today = Workspace.current().day_of(now)
    first = add_months(today.replace(day=1), -BEFORE)
    values: dict[tuple[tuple[str, UUID], dt.date], Decimal | None] = {}
    owners = User.objects.active().filter(role__key__in=("rep", "manager")).order_by("email")
    east = Team.objects.filter(name__icontains="east").order_by("name").first()
    for index in range(MONTHS):
        month = add_months(first, index)
        growth = 1 + Decimal(index - BEFORE + 24) / 40
        for person in owners:
            share = Decimal("0.5") if person.role.key == "manager" else Decimal(1)
            values[("user", person.pk), month] = (BASE * growth * share).quantize(Decimal(1000))
        if east is not None:
            values[("team", east.pk), month] = (TEAM_OWN * growth).quantize(Decimal(1000))
    admin = User.objects.select_related("role", "team").get(email="admin@demo.test")
    with dated_back(dt.datetime.combine(first, dt.time(9), tzinfo=Workspace.current().zone)):
        return set_targets(values=values, actor=Actor.of(admin, "command"))
