"""Takes learned probabilities over as configured ones, after a look at both (P5)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from deals.forecast.answers import ForecastFailedError, learned_now
from deals.models import Pipeline, Stage
from deals.services.adopting import adopt_probabilities


@flag_required("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def probabilities_adopt(request: Request, pk: UUID) -> HttpResponse:
    """Show configured and learned probabilities of a pipeline side by side; a post adopts those that were shown."""
    pipeline = get_object_or_404(Pipeline.objects.usable(), pk=pk)
    message, found = "", None
    try:
        found = learned_now()
    except ForecastFailedError:
        message = _("This could not be computed today. An admin finds the reason among the computed forecasts.")
    own = (found or {}).get(str(pk))
    tested = own["backtest"] if own else None
    offered = bool(tested and tested["adoptable"])
    stages = Stage.objects.usable().open().filter(pipeline=pipeline).order_by("position")
    rows = [(stage, own["stages"][str(stage.pk)]) for stage in stages if own and str(stage.pk) in own["stages"]]
    context: dict[str, Any] = {"pipeline": pipeline, "rows": rows, "offered": offered}
    context |= {"computing": found is None and not message, "message": message}
    if request.method != "POST":
        return render(request, "deals/adopt.html", context)
    try:
        if not offered:
            raise Refused(_("The learned probabilities of this pipeline are not offered now."))
        changed = adopt_probabilities(pipeline_id=pk, percents=_sent(request, rows), actor=request.actor)
    except Refused as refused:
        return render(request, "deals/adopt.html", context | {"message": refused.message}, status=422)
    words = _("Learned probabilities adopted") if changed else _("They were the same already")
    toast(request, words, undo=request.actor.last_change if changed else None)
    return redirect(f"/reports/probabilities/?pipeline={pk}")


def _sent(request: Request, rows: list[tuple[Stage, Any]]) -> dict[UUID, int]:
    """Return the percents that the page showed; raises Refused for anything else."""
    found = {}
    for stage, _learned in rows:
        text = request.POST.get(f"stage-{stage.pk}", "")
        if not text.isdecimal() or len(text) > 3:
            raise Refused(_("The page is older than the stages. Look at it again."))
        found[stage.pk] = int(text)
    return found
