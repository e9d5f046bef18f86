"""Settings of pipelines, stages and lost reasons (P0, P1), for holders of the flag `settings`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import in_order, is_fragment, toast
from crm.kernel.core.http import Request
from deals.models import LostReason, Pipeline, Stage
from deals.services import (
    add_pipeline,
    add_reason,
    add_stage,
    archive_pipeline,
    archive_reason,
    archive_stage,
    edit_reason,
    edit_stage,
    order_reasons,
    order_stages,
    rename_pipeline,
)
from deals.services.pipelines import MANY_STAGES
from deals.settings_forms import ArchiveStageForm, PipelineForm, ReasonForm, StageForm
from deals.tones import tones

from .shared import show_form

METHODS = ["GET", "HEAD", "POST"]
settings_only = flag_required("settings")


def _address(pipeline_id: UUID | str) -> str:
    return f"{reverse('deals:stage_settings')}?pipeline={pipeline_id}"


def _pipeline(text: str) -> Pipeline:
    try:
        pk = UUID(text) if text else None
    except ValueError as error:
        raise Http404("No such pipeline.") from error
    rows = Pipeline.objects.usable()
    pipeline = rows.filter(pk=pk).first() if pk else rows.first()
    if pipeline is None:
        raise Http404("No such pipeline.")
    return pipeline


@settings_only
@require_safe
def stage_settings(request: Request) -> HttpResponse:
    """The stages of a pipeline and the lost reasons."""
    pipeline = _pipeline(request.GET.get("pipeline", ""))
    counted = Count("deals", filter=Q(deals__binned_at__isnull=True))
    stages = list(Stage.objects.filter(pipeline=pipeline).annotate(count=counted).order_by("position"))
    usable = [stage for stage in stages if stage.archived_at is None]
    ordered = sorted(usable, key=lambda stage: (not stage.is_open, stage.is_lost, stage.position))
    colour = tones(ordered)
    context = {
        "pipeline": pipeline,
        "pipelines": list(Pipeline.objects.usable()),
        "rows": [(stage, colour[stage.pk]) for stage in ordered],
        "archived": [stage for stage in stages if stage.archived_at is not None],
        "too_many": sum(stage.is_open for stage in usable) > MANY_STAGES,
        "most": MANY_STAGES,
        "reasons": list(LostReason.objects.order_by("archived_at", "position", "name")),
    }
    return render(request, "deals/settings.html", context)


def _form(
    request: Request, form: Any, save: Callable[[dict[str, Any]], tuple[str, str]], **context: Any
) -> HttpResponse:
    """Show a settings form, or save it: `save(values)` returns what to say and where to go."""
    if request.method == "POST" and form.is_valid():
        try:
            words, address = save(form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, words, undo=request.actor.last_change if form.has_changed() else None)
            return redirect(address)
    return show_form(request, "deals/form.html", form=form, **context)


@settings_only
@require_http_methods(METHODS)
def pipeline_new(request: Request) -> HttpResponse:
    """Add a pipeline."""

    def save(values: dict[str, Any]) -> tuple[str, str]:
        like = Pipeline.objects.get(pk=values["like"]) if values["like"] else None
        pipeline = add_pipeline(name=values["name"], like=like, actor=request.actor)
        return _("%(name)s added") % {"name": pipeline.name}, _address(pipeline.pk)

    form = PipelineForm(request.POST or None)
    cancel = reverse("deals:stage_settings")
    return _form(request, form, save, heading=_("New pipeline"), submit=_("Add pipeline"), cancel=cancel)


@settings_only
@require_http_methods(METHODS)
def pipeline_edit(request: Request, pk: UUID) -> HttpResponse:
    """Rename a pipeline."""
    pipeline = get_object_or_404(Pipeline.objects.usable(), pk=pk)

    def save(values: dict[str, Any]) -> tuple[str, str]:
        rename_pipeline(pipeline_id=pk, name=values["name"], actor=request.actor)
        return _("Saved"), _address(pk)

    form = PipelineForm(request.POST or None, pipeline=pipeline)
    return _form(request, form, save, heading=_("Rename the pipeline"), submit=_("Save"), cancel=_address(pk))


@settings_only
@require_POST
def pipeline_archive(request: Request, pk: UUID) -> HttpResponse:
    """Archive a pipeline without open deals."""
    pipeline = get_object_or_404(Pipeline.objects.usable(), pk=pk)
    try:
        archive_pipeline(pipeline_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect(_address(pk))
    toast(request, _("%(name)s archived") % {"name": pipeline.name}, undo=request.actor.last_change)
    return redirect("deals:stage_settings")


@settings_only
@require_http_methods(METHODS)
def stage_new(request: Request) -> HttpResponse:
    """Add a stage to the pipeline in the address."""
    pipeline = _pipeline(request.GET.get("pipeline", ""))

    def save(values: dict[str, Any]) -> tuple[str, str]:
        stage = add_stage(pipeline_id=pipeline.pk, values=values, actor=request.actor)
        return _("%(name)s added") % {"name": stage.name}, _address(pipeline.pk)

    form = StageForm(request.POST or None)
    heading = _("New stage in %(name)s") % {"name": pipeline.name}
    return _form(request, form, save, heading=heading, submit=_("Add stage"), cancel=_address(pipeline.pk))


@settings_only
@require_http_methods(METHODS)
def stage_edit(request: Request, pk: UUID) -> HttpResponse:
    """Change a stage; a post of single fields changes only these (the inputs within the table)."""
    stage = get_object_or_404(Stage.objects.usable(), pk=pk)
    only = [name for name in ("probability", "idle_days") if name in request.POST] if "name" not in request.POST else []

    def save(values: dict[str, Any]) -> tuple[str, str]:
        edit_stage(stage_id=pk, values=values, actor=request.actor)
        return _("Saved"), _address(stage.pipeline_id)

    form = StageForm(request.POST or None, stage=stage, only=only if request.method == "POST" else ())
    heading = _("Stage %(name)s") % {"name": stage.name}
    return _form(request, form, save, heading=heading, submit=_("Save"), cancel=_address(stage.pipeline_id))


@settings_only
@require_POST
def stage_order(request: Request, pk: UUID) -> HttpResponse:
    """Put the stages of a pipeline into the posted order (`stage`, several), or move one (`up`, `down`)."""
    pipeline = get_object_or_404(Pipeline.objects.usable(), pk=pk)
    rows = Stage.objects.usable().open().filter(pipeline=pipeline).order_by("position")
    ids = moved(list(rows.values_list("pk", flat=True)), request, "stage")
    order_stages(pipeline_id=pk, stage_ids=ids, actor=request.actor)
    return in_order() if is_fragment(request) else redirect(_address(pk))


def moved(ids: list[UUID], request: Request, name: str) -> list[UUID]:
    """Return ids in the order that a form asks for: all of them anew, or one a place up or down."""
    for step, field in ((-1, "up"), (1, "down")):
        at = next((place for place, pk in enumerate(ids) if str(pk) == request.POST.get(field)), None)
        if at is not None:
            to = min(max(at + step, 0), len(ids) - 1)
            ids.insert(to, ids.pop(at))
    place = {text: position for position, text in enumerate(request.POST.getlist(name))}
    return sorted(ids, key=lambda pk: place.get(str(pk), len(place)))


@settings_only
@require_http_methods(METHODS)
def stage_archive(request: Request, pk: UUID) -> HttpResponse:
    """Archive a stage; asks where its deals go."""
    stage = get_object_or_404(Stage.objects.usable().annotate(count=Count("deals")), pk=pk)

    def save(values: dict[str, Any]) -> tuple[str, str]:
        to = Stage.objects.get(pk=values["move_to"])
        count = archive_stage(stage_id=pk, move_to=to, actor=request.actor)
        words = _("%(name)s archived, %(count)d deals moved to %(to)s")
        return words % {"name": stage.name, "count": count, "to": to.name}, _address(stage.pipeline_id)

    form = ArchiveStageForm(request.POST or None, stage=stage)
    heading = _("Archive %(name)s (%(count)d deals)") % {"name": stage.name, "count": stage.count}
    return _form(request, form, save, heading=heading, submit=_("Move and archive"), cancel=_address(stage.pipeline_id))


@settings_only
@require_http_methods(METHODS)
def reason_new(request: Request) -> HttpResponse:
    """Add a lost reason."""

    def save(values: dict[str, Any]) -> tuple[str, str]:
        reason = add_reason(actor=request.actor, **values)
        return _("%(name)s added") % {"name": reason.name}, reverse("deals:stage_settings")

    cancel = reverse("deals:stage_settings")
    form = ReasonForm(request.POST or None)
    return _form(request, form, save, heading=_("New lost reason"), submit=_("Add reason"), cancel=cancel)


@settings_only
@require_http_methods(METHODS)
def reason_edit(request: Request, pk: UUID) -> HttpResponse:
    """Rename a lost reason, or say whether it is a loss."""
    reason = get_object_or_404(LostReason, pk=pk)

    def save(values: dict[str, Any]) -> tuple[str, str]:
        edit_reason(reason_id=pk, values=values, actor=request.actor)
        return _("Saved"), reverse("deals:stage_settings")

    form = ReasonForm(request.POST or None, initial={"name": reason.name, "not_a_loss": reason.not_a_loss})
    cancel = reverse("deals:stage_settings")
    return _form(request, form, save, heading=_("Lost reason"), submit=_("Save"), cancel=cancel)


@settings_only
@require_POST
def reason_archive(request: Request, pk: UUID) -> HttpResponse:
    """Take a lost reason out of use, or back into it (`restore`)."""
    reason = get_object_or_404(LostReason, pk=pk)
    try:
        archive_reason(reason_id=pk, archived="restore" not in request.POST, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        words = _("%(name)s is in use again") if "restore" in request.POST else _("%(name)s archived")
        toast(request, words % {"name": reason.name}, undo=request.actor.last_change)
    return redirect("deals:stage_settings")


@settings_only
@require_POST
def reason_order(request: Request) -> HttpResponse:
    """Put the lost reasons into the posted order, or move one (`up`, `down`)."""
    ids = list(
        LostReason.objects.filter(archived_at__isnull=True).order_by("position", "name").values_list("pk", flat=True)
    )
    order_reasons(reason_ids=moved(ids, request, "reason"), actor=request.actor)
    return redirect("deals:stage_settings")
