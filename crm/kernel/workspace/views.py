"""Pages of the workspace's settings (U6); only for people with the settings right."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request

from .forms import HolidayForm, RateForm, RateLinesForm, WorkspaceForm
from .models import ExchangeRate, Holiday, Workspace
from .services import add_holiday, edit_workspace, remove_holiday, remove_rate, set_rates

LISTED = 200


@flag_required("settings")
def workspace(request: Request) -> HttpResponseBase:
    """Name, base currency, time zone and calendar."""
    form = WorkspaceForm(request.POST or None, instance=Workspace.objects.first() or Workspace())
    if request.method == "POST" and form.is_valid():
        try:
            edit_workspace(actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Workspace saved"), undo=request.actor.last_change if form.has_changed() else None)
            return redirect("workspace:workspace")
    return render(request, "workspace/workspace.html", {"form": form}, status=422 if form.errors else 200)


@flag_required("settings")
def holidays(request: Request) -> HttpResponseBase:
    """The days on which the company does not work, with a form to add one."""
    form = HolidayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            holiday = add_holiday(actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s added") % {"name": holiday.name}, undo=request.actor.last_change)
            return redirect("workspace:holidays")
    today = Workspace.current().today()
    rows = list(Holiday.objects.order_by("-day")[:LISTED])
    context = {
        "form": form,
        "coming": sorted((row for row in rows if row.day >= today), key=lambda row: row.day),
        "past": [row for row in rows if row.day < today],
    }
    return render(request, "workspace/holidays.html", context, status=422 if form.errors else 200)


@flag_required("settings")
@require_POST
def holiday_remove(request: Request, pk: UUID) -> HttpResponseBase:
    """Remove a holiday."""
    holiday = get_object_or_404(Holiday, pk=pk)
    remove_holiday(holiday_id=holiday.pk, actor=request.actor)
    toast(request, _("%(name)s removed") % {"name": holiday.name}, undo=request.actor.last_change)
    return redirect("workspace:holidays")


def _rates_page(request: Request, form: RateForm, lines: RateLinesForm) -> HttpResponse:
    base = Workspace.current().base_currency
    rows = list(ExchangeRate.objects.order_by("currency", "-day")[: LISTED + 1])
    today = Workspace.current().today()
    holding = {row.currency: row.pk for row in reversed(rows) if row.day <= today}
    context = {
        "form": form,
        "lines": lines,
        "rows": [(row, holding.get(row.currency) == row.pk) for row in rows[:LISTED]],
        "more": len(rows) > LISTED,
        "base": base,
    }
    return render(request, "workspace/rates.html", context, status=422 if form.errors or lines.errors else 200)


@flag_required("settings")
def rates(request: Request) -> HttpResponseBase:
    """Exchange rates, with a form to type one."""
    form = RateForm(request.POST or None, base=Workspace.current().base_currency)
    if request.method == "POST" and form.is_valid():
        try:
            set_rates(rates=form.rates(), actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Rate saved"), undo=request.actor.last_change)
            return redirect("workspace:rates")
    return _rates_page(request, form, RateLinesForm())


@flag_required("settings")
@require_POST
def rate_lines(request: Request) -> HttpResponseBase:
    """Take over pasted or uploaded exchange rates: all of them or, with a message for each wrong line, none."""
    lines = RateLinesForm(request.POST, request.FILES)
    if lines.is_valid():
        try:
            count = set_rates(rates=lines.cleaned_data["rates"], actor=request.actor)
        except Refused as refused:
            add_refusal(lines, refused)
        else:
            words = ngettext("%(count)d rate saved", "%(count)d rates saved", count) % {"count": count}
            toast(request, words, undo=request.actor.last_change if count else None)
            return redirect("workspace:rates")
    return _rates_page(request, RateForm(base=Workspace.current().base_currency), lines)


@flag_required("settings")
@require_POST
def rate_remove(request: Request, pk: UUID) -> HttpResponseBase:
    """Remove an exchange rate."""
    rate = get_object_or_404(ExchangeRate, pk=pk)
    remove_rate(rate_id=rate.pk, actor=request.actor)
    toast(request, _("Rate removed"), undo=request.actor.last_change)
    return redirect("workspace:rates")
