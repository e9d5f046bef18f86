"""Stage moves: the one service behind drag, keys, forms, close, reopen and change of pipeline (P3-P5, P9)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Conflict, MissingFields, Refused
from crm.kernel.customfields.values import Reader
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.workspace.models import Workspace
from deals.events import DealChanged, DealLost, DealReopened, DealStageChanged, DealWon
from deals.models import Deal, LostReason, Stage, StageChange, requirable

from .checks import check_closed_on, check_lost_reason, check_owner
from .editing import changes_from, fill_people, names_of
from .lifecycle import derive_lifecycle_of_deals
from .locking import lock_deal, lock_deals
from .searching import refresh_search
from .visits import begin_visits


@command("deals.move")
def move_deal(
    *,
    deal_id: UUID,
    to_stage: Stage,
    actor: Actor,
    version: int | None = None,
    seen_stage: UUID | None = None,
    lost_reason: LostReason | None = None,
    lost_comment: str = "",
    closed_on: dt.date | None = None,
    fill: Mapping[str, Any] | None = None,
) -> Deal:
    """Move a deal to another stage of its pipeline and record it (P3-P5).

    The caller says what it saw by `seen_stage`, or by `version` alone. `fill` holds values for fields that the stage
    demands (`contacts`: a contact's id). `closed_on` dates a close, today unless given (P4).

    Raises Deal.DoesNotExist if the actor may not see it, PermissionDenied if not edit it, Conflict with the rival's
    move if the stage is no longer the one seen, MissingFields with what the stage demands, Refused for a loss without
    reason.
    Moving to the present stage changes nothing. The deal's own probability and category end with the move; what they
    were is in `deal.cleared`, so that the page can offer to keep them.
    """
    deal = lock_deal(deal_id, actor)
    actor.require("edit", deal)
    if deal.stage_id == to_stage.pk:
        return deal
    if to_stage.pipeline_id != deal.pipeline_id:
        raise Refused(_("This stage is in another pipeline."), fields={"stage": _("Choose a stage of this pipeline.")})
    check_seen(deal, version, seen_stage)
    return _move(deal, to_stage, actor, lost_reason, lost_comment, closed_on, fill or {})


@command("deals.change_pipeline")
def change_pipeline(
    *,
    deal_id: UUID,
    to_stage: Stage,
    actor: Actor,
    version: int | None = None,
    lost_reason: LostReason | None = None,
    fill: Mapping[str, Any] | None = None,
) -> Deal:
    """Take a deal to a stage of another pipeline: one visit ends, one begins there (P9). Refuses as a move does."""
    deal = lock_deal(deal_id, actor)
    actor.require("edit", deal)
    if deal.stage_id == to_stage.pk:
        return deal
    check_seen(deal, version, None)
    return _move(deal, to_stage, actor, lost_reason, "", None, fill or {})


@command("deals.close")
def close_deal(
    *,
    deal_id: UUID,
    won: bool,
    actor: Actor,
    version: int | None = None,
    closed_on: dt.date | None = None,
    lost_reason: LostReason | None = None,
    lost_comment: str = "",
    fill: Mapping[str, Any] | None = None,
) -> Deal:
    """Move a deal to the won or lost stage of its pipeline, with its business date (P4). Refuses as a move does."""
    kind = Stage.Kind.WON if won else Stage.Kind.LOST
    deal = Deal.objects.visible_to(actor).live().only("pipeline_id").get(pk=deal_id)
    return move_deal(
        deal_id=deal_id,
        to_stage=Stage.objects.get(pipeline_id=deal.pipeline_id, kind_of=kind),
        actor=actor,
        version=version,
        closed_on=closed_on,
        lost_reason=lost_reason,
        lost_comment=lost_comment,
        fill=fill,
    )


@command("deals.reopen")
def reopen_deal(*, deal_id: UUID, actor: Actor, version: int | None = None, to_stage: Stage | None = None) -> Deal:
    """Open a closed deal again, in the open stage where it last was unless another is given (P4)."""
    deal = Deal.objects.visible_to(actor).live().select_related("stage").get(pk=deal_id)
    actor.require("edit", deal)
    if deal.is_open:
        return deal
    return move_deal(deal_id=deal_id, to_stage=to_stage or last_open_stage(deal), actor=actor, version=version)


def last_open_stage(deal: Deal) -> Stage:
    """Return the open stage of its pipeline in which the deal was last, else the first one."""
    usable = Stage.objects.usable().open().filter(pipeline_id=deal.pipeline_id)
    visits = StageChange.objects.for_deal(deal).counted().filter(to_stage__in=usable).order_by("-at")
    visit = visits.select_related("to_stage").first()
    return visit.to_stage if visit is not None else usable.order_by("position")[0]


def check_seen(deal: Deal, version: int | None, seen_stage: UUID | None) -> None:
    """Raise Conflict with who moved the deal and where, if its stage is no longer the one that the caller saw (P3)."""
    if seen_stage is not None:
        current = deal.stage_id == seen_stage
    else:
        current = version is None or version >= deal.stage_version
    if current:
        return
    last = StageChange.objects.for_deal(deal).select_related("user").order_by("-at").first()
    who = (last.user.name if last.user else last.actor_label) if last else ""
    words = _("%(who)s moved %(deal)s to %(stage)s.") % {"who": who, "deal": deal.title, "stage": deal.stage.name}
    raise Conflict(
        words,
        theirs={"who": who, "stage": deal.stage.name, "stage_id": deal.stage_id, "at": last.at if last else None},
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller gives with a move: the reason and comment of a loss, the day of a close, values that are demanded."""

    lost_reason: LostReason | None = None
    lost_comment: str = ""
    closed_on: dt.date | None = None
    fill: Mapping[str, Any] = field(default_factory=dict)


def _move(
    deal: Deal,
    to_stage: Stage,
    actor: Actor,
    lost_reason: LostReason | None,
    lost_comment: str,
    closed_on: dt.date | None,
    fill: Mapping[str, Any],
) -> Deal:
    """Check what the stage demands, then write the move of one locked deal."""
    moved = _move_all([deal], to_stage, actor, Wish(lost_reason, lost_comment, closed_on, fill))
    if deal.pk in moved.refused:
        raise moved.refused[deal.pk]
    return deal


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of many deals: those that moved, and why each of the others did not."""

    deals: list[Deal]
    refused: dict[UUID, Refused | PermissionDenied]


@command("deals.move")
def move_deals(
    *,
    deal_ids: Iterable[UUID],
    to_stage: Stage,
    actor: Actor,
    lost_reason: LostReason | None = None,
    lost_comment: str = "",
    closed_on: dt.date | None = None,
    fill: Mapping[str, Any] | None = None,
) -> Moved:
    """Move deals of a pipeline to one of its stages (P3-P5): the service behind `move_deal`, for many.

    Deals that the rules refuse stay where they are and are returned with the reason; those in the stage already are in
    neither list. Raises Deal.DoesNotExist and PermissionDenied for deals not visible or not the actor's to edit.
    """
    deals = lock_deals(deal_ids, actor)
    for deal in deals:
        actor.require("edit", deal)
    elsewhere = [deal for deal in deals if deal.pipeline_id != to_stage.pipeline_id]
    there = [deal for deal in deals if deal.pipeline_id == to_stage.pipeline_id and deal.stage_id != to_stage.pk]
    moved = _move_all(there, to_stage, actor, Wish(lost_reason, lost_comment, closed_on, fill or {}))
    moved.refused.update((deal.pk, Refused(_("This deal is in another pipeline."))) for deal in elsewhere)
    return moved


def _move_all(deals: Sequence[Deal], to_stage: Stage, actor: Actor, wish: Wish) -> Moved:
    """Check each locked deal, then write the moves of those that may, in sets."""
    ready: dict[UUID, tuple[dict[str, Any], tuple[str, ...]]] = {}
    refused: dict[UUID, Refused | PermissionDenied] = {}
    reader = Reader(Deal.kind, actor)
    for deal in deals:
        try:
            ready[deal.pk] = _prepared(deal, to_stage, actor, wish, reader)
        except (Refused, PermissionDenied) as error:
            refused[deal.pk] = error
    day = None if to_stage.is_open else wish.closed_on or Workspace.current().day_of(business_time())
    groups: dict[str, list[Deal]] = defaultdict(list)  # deals to which the same happens
    for deal in deals:
        if deal.pk in ready:
            groups[repr(ready[deal.pk])].append(deal)
    for group in groups.values():
        if person := wish.fill.get("contacts"):
            for deal in group:
                fill_people(deal, person, actor)
        also, edited = ready[group[0].pk]
        enter_stage(group, to_stage, actor, lost_reason=wish.lost_reason, closed_on=day, also=also, edited=edited)
    refresh_search(pk for pk, (filled, _edited) in ready.items() if filled)
    return Moved([deal for deal in deals if deal.pk in ready], refused)


def _prepared(
    deal: Deal, to_stage: Stage, actor: Actor, wish: Wish, reader: Reader
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the columns that change with a move besides the stage, and the names of what was filled.

    Raises Refused; writes nothing.
    """
    if to_stage.archived_at is not None:
        raise Refused(_("This stage is archived."), fields={"stage": _("Choose another stage.")})
    person = wish.fill.get("contacts")
    filled = changes_from(deal, {name: value for name, value in wish.fill.items() if name != "contacts"}, actor, reader)
    edited = names_of(deal, filled)
    for name, value in filled.items():
        setattr(deal, name, value)
    check_entry([deal], to_stage, people={deal.pk} if deal.contact_ids or person else set())
    if to_stage.is_lost:
        check_lost_reason(wish.lost_reason)
        filled |= changes_from(deal, {"lost_comment": wish.lost_comment}, actor)
    if not to_stage.is_open:
        day = wish.closed_on or Workspace.current().day_of(business_time())
        check_closed_on(day, created_at=deal.created_at, created_unknown=deal.created_unknown, actor=actor)
    elif not deal.is_open:
        check_owner(deal.owner, closed=False)
    return filled, edited


def check_entry(deals: Sequence[Deal], to_stage: Stage, *, people: set[UUID]) -> None:
    """Raise MissingFields if the stage demands what a deal does not have; `people` are the deals with somebody in."""
    missing = {name for deal in deals for name in to_stage.missing_from(deal, people=deal.pk in people)}
    if not missing:
        return
    ordered = [name for name in to_stage.required_fields if name in missing]
    words = requirable()
    names = ", ".join(str(words[name]) for name in ordered)
    raise MissingFields(_("%(stage)s needs: %(fields)s.") % {"stage": to_stage.name, "fields": names}, missing=ordered)


def enter_stage(
    deals: Sequence[Deal],
    to_stage: Stage,
    actor: Actor,
    *,
    lost_reason: LostReason | None = None,
    closed_on: dt.date | None = None,
    also: Mapping[str, Any] | None = None,
    edited: tuple[str, ...] = (),
) -> None:
    """Write the move of locked deals into one stage, in sets: columns, visits, lifecycle, events. Checks come before.

    `also` are further columns that change with it, `edited` the names of the fields that this fills. The objects get
    the new values.
    """
    at = business_time()
    came_from = {deal.pk: deal.stage for deal in deals}
    columns = {
        "stage_id": to_stage.pk,
        "pipeline_id": to_stage.pipeline_id,
        "stage_entered_at": at,
        "closed_at": None if to_stage.is_open else at,
        "closed_on": None if to_stage.is_open else closed_on,
        "lost_reason_id": lost_reason.pk if to_stage.is_lost and lost_reason else None,
        "lost_comment": "",
        "probability": None,
        "forecast_category": "",
        "updated_at": at,
        **(also or {}),
        **({"last_worked_at": at} if actor.kind == "user" else {}),
    }
    ids = [deal.pk for deal in deals]
    Deal.objects.filter(pk__in=ids).update(**columns, version=F("version") + 1, stage_version=F("version") + 1)
    for deal in deals:
        deal.cleared = (deal.probability, deal.forecast_category)
        deal.version += 1
        deal.stage_version = deal.version
        deal.stage = to_stage
        for name, value in columns.items():
            setattr(deal, name, value)
    visits = begin_visits(ids, at=at, actor=actor)
    for deal in deals:
        if visits[deal.pk][1] != at:
            deal.stage_entered_at = visits[deal.pk][1]
            Deal.objects.filter(pk=deal.pk).update(stage_entered_at=deal.stage_entered_at)
    _derive(came_from, to_stage)
    publish(*events_of_move(deals, came_from, to_stage, visits, edited), actor=actor)


def _derive(came_from: Mapping[UUID, Stage], to_stage: Stage) -> None:
    """Recompute the lifecycle of contacts where the kind of stage changed (R4)."""
    changed = [pk for pk, stage in came_from.items() if stage.kind_of != to_stage.kind_of]
    if changed:
        wins = to_stage.is_won or any(stage.is_won for stage in came_from.values())
        derive_lifecycle_of_deals(changed, companies=wins, new_win=to_stage.is_won)


def events_of_move(
    deals: Sequence[Deal],
    came_from: Mapping[UUID, Stage],
    to_stage: Stage,
    visits: Mapping[UUID, tuple[UUID, dt.datetime]],
    edited: tuple[str, ...],
) -> list[DomainEvent]:
    """Return what happened, as events: each move, what it meant for the deal, and the fields filled on the way."""
    events: list[DomainEvent] = []
    for deal in deals:
        stage, (visit, at) = came_from[deal.pk], visits[deal.pk]
        common: dict[str, Any] = {
            "subject_id": deal.pk,
            "at": at,
            "company_id": deal.company_id,
            "contact_ids": tuple(deal.contact_ids),
        }
        moved = common | {"stage_change_id": visit, "owner_id": deal.owner_id}
        events.append(
            DealStageChanged(
                **moved,
                from_stage_id=stage.pk,
                to_stage_id=to_stage.pk,
                from_kind=stage.kind_of,
                to_kind=to_stage.kind_of,
            )
        )
        if to_stage.is_won:
            events.append(DealWon(**moved))
        elif to_stage.is_lost:
            events.append(DealLost(**moved, reason_id=deal.lost_reason_id))
        elif not stage.is_open:
            events.append(DealReopened(**moved))
        if edited:
            events.append(DealChanged(**common, fields=edited))
    return events
