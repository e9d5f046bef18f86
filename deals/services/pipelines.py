"""Pipelines and their stages, as admins keep them (P1). Needs the flag `settings`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from deals.models import Deal, ForecastCategory, Pipeline, Stage, requirable

from .locking import read_deals
from .moving import check_entry, enter_stage

MANY_STAGES = 7
BATCH = 500
# What a stage's own form may change; kind and pipeline stay what they are.
STAGE_FIELDS = ("name", "description", "probability", "forecast_category", "idle_days", "required_fields")
NEW_STAGES = (
    (gettext_lazy("Qualified"), Stage.Kind.OPEN, 10, ForecastCategory.PIPELINE),
    (gettext_lazy("Proposal"), Stage.Kind.OPEN, 50, ForecastCategory.BEST_CASE),
    (gettext_lazy("Closed Won"), Stage.Kind.WON, 100, ForecastCategory.COMMIT),
    (gettext_lazy("Closed Lost"), Stage.Kind.LOST, 0, ForecastCategory.OMITTED),
)


def cleaned(model: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values of plain columns; Refused with a message beside each that does not fit."""
    result, errors = {}, {}
    for name, value in values.items():
        if isinstance(value, str):
            value = value.strip()
        try:
            if isinstance(value, str) and "\x00" in value:
                raise ValidationError(_("A NUL character cannot be stored."))
            result[name] = model._meta.get_field(name).clean(value, None)
        except ValidationError as error:
            errors[name] = " ".join(error.messages)
    if errors:
        raise Refused(_("Some values do not fit."), fields=errors)
    return result


def check_name(rows: Any, name: str) -> None:
    """Raise Refused if one of the rows has this name, whatever its case."""
    if rows.filter(name__iexact=name).exists():
        raise Refused(_("There is one of this name."), fields={"name": _("Choose another name.")})


@command("pipelines.add")
def add_pipeline(*, name: str, actor: Actor, like: Pipeline | None = None) -> Pipeline:
    """Add a pipeline, with the stages of another one or a short first set; exactly one won and one lost (P1)."""
    actor.require_flag("settings")
    values = cleaned(Pipeline, {"name": name})
    check_name(Pipeline.objects.usable(), values["name"])
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline = Pipeline.objects.create(**values, position=0 if last is None else last + 1)
    if like is None:
        rows = [
            {"name": str(label), "kind_of": kind, "probability": percent, "forecast_category": category}
            for label, kind, percent, category in NEW_STAGES
        ]
    else:
        copied = (*STAGE_FIELDS, "kind_of")
        rows = list(like.stages.usable().order_by("position").values(*copied))
    for position, row in enumerate(rows):
        Stage.objects.create(pipeline=pipeline, position=position, **row)
    return pipeline


@command("pipelines.rename")
def rename_pipeline(*, pipeline_id: UUID, name: str, actor: Actor) -> Pipeline:
    """Give a pipeline another name."""
    actor.require_flag("settings")
    values = cleaned(Pipeline, {"name": name})
    pipeline: Pipeline = Pipeline.objects.locked().get(pk=pipeline_id)
    check_name(Pipeline.objects.usable().exclude(pk=pipeline_id), values["name"])
    if pipeline.name != values["name"]:
        Pipeline.objects.filter(pk=pipeline_id).update(**values)
        pipeline.name = values["name"]
    return pipeline


@command("pipelines.archive")
def archive_pipeline(*, pipeline_id: UUID, actor: Actor) -> None:
    """Archive a pipeline without open deals; it keeps its place in past reports (P1). The last one stays."""
    actor.require_flag("settings")
    pipeline: Pipeline = Pipeline.objects.locked().get(pk=pipeline_id)
    if pipeline.archived_at is not None:
        return
    if Pipeline.objects.usable().count() == 1:
        raise Refused(_("The last pipeline stays."))
    if count := Deal.objects.live().open().filter(pipeline=pipeline).count():
        raise Refused(
            ngettext(
                "%(count)d open deal is in it. Close it or move it to another pipeline first.",
                "%(count)d open deals are in it. Close them or move them to another pipeline first.",
                count,
            )
            % {"count": count}
        )
    Pipeline.objects.filter(pk=pipeline_id).update(archived_at=timezone.now())


@command("stages.add")
def add_stage(*, pipeline_id: UUID, values: Mapping[str, Any], actor: Actor) -> Stage:
    """Add an open stage at the end of the open ones (P1)."""
    actor.require_flag("settings")
    pipeline: Pipeline = Pipeline.objects.usable().locked().get(pk=pipeline_id)
    data = _stage_values(values)
    check_name(Stage.objects.usable().filter(pipeline=pipeline), data["name"])
    stages = list(Stage.objects.locked().filter(pipeline=pipeline).order_by("position"))
    opens = [stage for stage in stages if stage.is_open]
    stage = Stage.objects.create(pipeline=pipeline, position=len(opens), **data)
    _renumber([*opens, stage, *(each for each in stages if not each.is_open)])
    return stage


@command("stages.edit")
def edit_stage(*, stage_id: UUID, values: Mapping[str, Any], actor: Actor) -> Stage:
    """Change fields of a stage named in `STAGE_FIELDS`. Won stands at 100, lost at 0 (P5)."""
    actor.require_flag("settings")
    stage: Stage = Stage.objects.locked().get(pk=stage_id)
    data = _stage_values(values)
    if not stage.is_open:
        data.pop("probability", None)
    if "name" in data:
        check_name(Stage.objects.usable().filter(pipeline=stage.pipeline_id).exclude(pk=stage_id), data["name"])
    changed = {name: value for name, value in data.items() if getattr(stage, name) != value}
    if changed:
        Stage.objects.filter(pk=stage_id).update(**changed)
        stage.refresh_from_db()
    return stage


def _stage_values(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(STAGE_FIELDS):
        raise Refused(_("These fields cannot be edited: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    data = cleaned(Stage, values)
    if wrong := set(data.get("required_fields", ())) - set(requirable()):
        words = _("A stage cannot demand: %(names)s.") % {"names": ", ".join(sorted(wrong))}
        raise Refused(words, fields={"required_fields": words})
    return data


@command("stages.order")
def order_stages(*, pipeline_id: UUID, stage_ids: Sequence[UUID], actor: Actor) -> None:
    """Put the open stages of a pipeline into this order; won and lost stay at the end."""
    actor.require_flag("settings")
    stages = list(Stage.objects.locked().filter(pipeline=pipeline_id).order_by("position"))
    place = {pk: position for position, pk in enumerate(stage_ids)}
    opens = sorted((s for s in stages if s.is_open), key=lambda stage: place.get(stage.pk, len(place) + stage.position))
    _renumber([*opens, *(stage for stage in stages if not stage.is_open)])


def reorder(rows: list[Any], ids: Sequence[UUID]) -> None:
    """Give rows the positions of this order; those that are not named come after."""
    place = {pk: position for position, pk in enumerate(ids)}
    _renumber(sorted(rows, key=lambda row: place.get(row.pk, len(place) + row.position)))


def _renumber(rows: Sequence[Any]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            type(row).objects.filter(pk=row.pk).update(position=position)


@command("stages.archive")
def archive_stage(*, stage_id: UUID, actor: Actor, move_to: Stage | None = None) -> int:
    """Archive an open stage; its open deals are moved to another one first (P1). Returns how many were moved.

    Raises Refused for a won or lost stage, for the last open one, without `move_to` while deals are in it;
    PermissionDenied and MissingFields as a move of each of the deals would (P3).
    """
    actor.require_flag("settings")
    stage: Stage = Stage.objects.locked().get(pk=stage_id)
    if stage.archived_at is not None:
        return 0
    others = Stage.objects.usable().open().filter(pipeline=stage.pipeline_id).exclude(pk=stage_id)
    if not stage.is_open or not others.exists():
        raise Refused(_("A pipeline keeps its won stage, its lost stage and at least one open one."))
    moved = 0
    if Deal.objects.filter(stage=stage).exists():
        if move_to is None or not others.filter(pk=move_to.pk).exists():
            raise Refused(_("Say where its deals go."), fields={"move_to": _("Choose an open stage of this pipeline.")})
        moved = _empty(stage, move_to, actor)
    Stage.objects.filter(pk=stage_id).update(archived_at=timezone.now())
    return moved


def _empty(stage: Stage, to: Stage, actor: Actor) -> int:
    """Move all deals of a stage, those in the bin too, in sets."""
    moved = 0
    while ids := list(Deal.objects.filter(stage=stage).locked().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deals = read_deals(ids)
        for deal in deals:
            actor.require("edit", deal)
        check_entry(deals, to, people={deal.pk for deal in deals if deal.contact_ids})
        enter_stage(deals, to, actor)
        moved += len(deals)
    return moved
