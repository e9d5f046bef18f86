"""Targets: a grid of people and teams by month (N9)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from crm.reports.asks import read_day
from crm.reports.forms import TargetGrid, field_name, typed_amount
from crm.reports.membership import TeamBook
from crm.reports.models import Target, may_set_targets
from crm.reports.periods import Period
from crm.reports.services import Holder, set_targets

from .shared import report_view


def holders_for(request: Request) -> list[tuple[Holder, str]]:
    """Return the teams and people whose targets somebody may set."""
    scope = request.actor.scope("report", "edit")
    everybody = request.actor.may("settings") or scope.owners is None
    people = User.objects.owners() if everybody else User.objects.owners().filter(pk__in=scope.owners)
    teams = Team.objects.order_by("name")
    if not everybody:
        teams = teams.filter(members__in=scope.owners).distinct()
    found: list[tuple[Holder, str]] = [(("team", team.pk), team.name) for team in teams]
    return found + [(("user", person.pk), person.name) for person in people]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@report_view
def targets(request: Request) -> HttpResponse:
    """Show and set the targets of a fiscal year."""
    if not may_set_targets(request.actor):
        raise PermissionDenied("No right to set targets.")
    year = Period.around("year", read_day(request.GET, "year") or Workspace.current().today())
    holders, months = holders_for(request), year.months
    stored = stored_in(months)
    grid = None
    if request.method == "POST":
        grid = TargetGrid(request.POST, [holder for holder, _name in holders], months, stored)
    if grid is not None and not grid.errors:
        changed = set_targets(values=grid.values, actor=request.actor)
        toast(
            request,
            ngettext("%d target changed", "%d targets changed", changed) % changed,
            undo=request.actor.last_change if changed else None,
        )
        return redirect(request.get_full_path())
    context = {
        "year": year,
        "months": months,
        "sheets": rows_of(holders, months, stored, request.POST if grid else None, grid.errors if grid else {}),
        "currency": Workspace.current().base_currency,
        "earlier": f"?year={year.previous().start}",
        "later": f"?year={year.next().start}",
        "errors": grid.errors if grid else {},
    }
    return render(request, "reports/targets.html", context, status=422 if grid else 200)


def stored_in(months: Sequence[dt.date]) -> dict[str, Decimal]:
    """Return the targets of these months by the name of their field."""
    return {
        field_name(("user", row.user_id) if row.user_id else ("team", row.team_id), row.month): row.amount
        for row in Target.objects.filter(month__in=list(months))
    }


def members_sums(stored: Mapping[str, Decimal], months: Sequence[dt.date]) -> dict[tuple[UUID, dt.date], Decimal]:
    """Return by team and month the sum of its members' targets, by the days on which they were in it (N9)."""
    book = TeamBook.of(None)
    found: dict[tuple[UUID, dt.date], Decimal] = {}
    for month in months:
        known = {name.rsplit(".", 1)[0]: amount for name, amount in stored.items() if name.endswith(f"{month:%Y-%m}")}
        people, own = (
            {UUID(name.removeprefix(kind)): amount for name, amount in known.items() if name.startswith(kind)}
            for kind in ("user.", "team.")
        )
        direct = book.direct(month, people)
        sums = {(team, month): book.members_goal(team, direct, own) for team in book.parents}
        found |= {key: amount for key, amount in sums.items() if amount is not None}
    return found


def rows_of(
    holders: Sequence[tuple[Holder, str]],
    months: Sequence[dt.date],
    stored: Mapping[str, Decimal],
    typed: Any,
    errors: dict[str, str],
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the rows of the grid by kind: name, fields with their values, the year's sum; for teams their members' sums."""
    members = members_sums(stored, months)
    groups: dict[str, list[dict[str, Any]]] = {_("Teams"): [], _("People"): []}
    for holder, name in holders:
        cells = []
        for month in months:
            field = field_name(holder, month)
            now = typed_amount(stored.get(field))
            value = now if typed is None else typed.get(field, "")
            cells.append({"name": field, "value": value, "was": now, "error": errors.get(field), "month": month})
            if holder[0] == "team":
                cells[-1]["members"] = members.get((holder[1], month))
        total = sum((stored.get(field_name(holder, month), 0) for month in months), 0)
        groups[_("Teams") if holder[0] == "team" else _("People")].append(
            {"name": name, "cells": cells, "total": total}
        )
    return [(label, rows) for label, rows in groups.items() if rows]
