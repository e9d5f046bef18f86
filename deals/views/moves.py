"""Moving a deal by drag, keyboard, menu, stepper or plain form: one address, one service (P3)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.kernel.core.errors import Conflict, MissingFields, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import announce, close_dialog, is_fragment, toast, trigger
from crm.kernel.core.http import Request
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.listing.errors import BadQuery
from deals.board import Board
from deals.cards import card_of
from deals.forms import MoveForm, PipelineChoiceForm
from deals.models import Deal, Stage
from deals.services import change_pipeline, move_deal, reopen_deal

from .shared import done, get_deal, show_form


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deal_move(request: Request, pk: UUID) -> HttpResponse:
    """Move a deal to `stage`. Asks for what the stage demands (422), says who moved it meanwhile (409).

    With `board` in the form the answer is the card and the heads of the two columns; else the deal's page.
    """
    data = request.POST if request.method == "POST" else request.GET
    board = _board(request) if data.get("board") else None
    stage = _stage(data.get("stage", ""), pk, board)
    if request.method != "POST":
        return _ask(request, get_deal(request, pk), stage, MoveForm, [])
    try:
        return _move(request, pk, stage, board)
    except Deal.DoesNotExist as error:
        raise Http404("No such deal.") from error


def _move(request: Request, pk: UUID, stage: Stage, board: Board | None) -> HttpResponse:
    actor = request.actor
    before = actor.last_change
    values, form = _typed(request, pk, stage)
    if form is not None and not form.is_valid():
        return _ask(request, get_deal(request, pk), stage, form, form.missing)
    seen = _uuid(request.POST.get("seen", ""))
    try:
        deal = move_deal(
            deal_id=pk, to_stage=stage, actor=actor, version=_number(request.POST.get("version", "")), seen_stage=seen,
            **values,
        )  # fmt: skip
    except Conflict as conflict:
        return _conflict(request, pk, conflict)
    except MissingFields as refused:
        return _ask(request, get_deal(request, pk), stage, form, refused.missing, refused)
    except Refused as refused:
        return _ask(request, get_deal(request, pk), stage, form, [], refused)
    moved = actor.last_change != before and deal.stage_id == stage.pk
    return _answer(request, deal, seen, board) if board is not None else _page(request, deal, moved)


def _typed(request: Request, pk: UUID, stage: Stage) -> tuple[dict[str, Any], Any]:
    """Return what the dialog's form filled in, if this request comes from it or from a script that knows the fields."""
    asked = [
        name for name in request.POST if name in MoveForm.base_fields or (name.startswith(PREFIX) and "-" not in name)
    ]
    if not asked:
        return {}, None
    missing = [name for name in asked if name not in ("lost_reason", "lost_comment", "closed_on")]
    form = MoveForm(request.POST, actor=request.actor, deal=get_deal(request, pk), stage=stage, missing=missing)
    return (form.values() if form.is_valid() else {}), form


def _ask(
    request: Request, deal: Deal, stage: Stage, form: Any, missing: list[str], refused: Refused | None = None
) -> HttpResponse:
    """Show the form of a move, with what was typed and what is wrong with it."""
    actor = request.actor
    actor.require("edit", deal)
    typed = form if isinstance(form, MoveForm) else None
    lacking = stage.missing_from(deal, people=deal.people.exists())
    names = list(dict.fromkeys([*missing, *lacking]))
    known = typed is not None and set(names) <= set(typed.fields)
    shown = (
        typed
        if known
        else MoveForm(request.POST if typed else None, actor=actor, deal=deal, stage=stage, missing=names)
    )
    assert shown is not None
    if refused is not None and (known or typed):
        shown.is_valid()
        add_refusal(shown, refused)
    # The first question of a move by htmx is no error: 200, so that the browser's console stays empty.
    question = request.method != "POST" or (is_fragment(request) and typed is None)
    context = {
        "form": shown,
        "deal": deal,
        "stage": stage,
        "seen": request.POST.get("seen", ""),
        "version": request.POST.get("version", "") or deal.version,
        "board": request.POST.get("board", ""),
        "reason": refused.message if missing and refused is not None and not shown.errors else "",
        "heading": _("Move to %(stage)s") % {"stage": stage.name},
        "submit": _("Move to %(stage)s") % {"stage": stage.name},
        "cancel": reverse("deals:deal_detail", args=[deal.pk]),
    }
    response = show_form(request, "deals/move_form.html", status=200 if question else 422, **context)
    trigger(response, "deals:asked", {"deal": deal.pk.hex})
    return response


def _conflict(request: Request, pk: UUID, conflict: Conflict) -> HttpResponse:
    """Say who moved the deal and where; the board then fetches what changed (P3)."""
    if not is_fragment(request):
        deal = get_deal(request, pk)
        return render(request, "deals/conflict.html", {"deal": deal, "conflict": conflict}, status=409)
    response = HttpResponse(status=409, headers={"HX-Reswap": "none"})
    toast(request, conflict.message, "bad")
    close_dialog(response)
    trigger(response, "deals:stale", {"deal": pk.hex})
    return response


def _answer(request: Request, deal: Deal, seen: UUID | None, board: Board) -> HttpResponse:
    """Return the card and the heads of the columns that it left and entered, out of band."""
    stages = [stage for stage in board.stages if stage.pk in (seen, deal.stage_id)]
    writer = board.writer([])
    folded = deal.stage.is_lost and not board.lost_open
    card = "" if folded else writer.card(card_of(deal), ' hx-swap-oob="morph"')
    columns = board.heads_of(stages)
    response = render(request, "deals/moved.html", {"card": mark_safe(card), "columns": columns, "board": board})
    total = next((column.total for column in columns if column.stage.pk == deal.stage_id), None)
    words = _("%(deal)s moved to %(stage)s") % {"deal": deal.title, "stage": deal.stage.name}
    toast(request, words, undo=request.actor.last_change, link=keep_link(deal))
    if total is not None:
        announce(response, _("%(words)s, %(count)d there") % {"words": words, "count": total.count})
    close_dialog(response)
    trigger(response, "deals:moved", {"deal": deal.pk.hex})
    return response


def _page(request: Request, deal: Deal, moved: bool) -> HttpResponse:
    words = _("%(deal)s moved to %(stage)s") if moved else _("%(deal)s is in %(stage)s already")
    named = {"deal": deal.title, "stage": deal.stage.name}
    return done(request, words % named, deal, undo=moved, link=keep_link(deal) if moved else None)


def keep_link(deal: Deal) -> tuple[str, str] | None:
    """Return words and address that offer to keep the probability which the move cleared (P5)."""
    probability, category = deal.cleared
    if not deal.is_open or (probability is None and not category):
        return None
    query = QueryDict(mutable=True)
    query.update({"probability": "" if probability is None else str(probability), "category": category})
    address = f"{reverse('deals:deal_keep', args=[deal.pk])}?{query.urlencode()}"
    return (
        _("Keep %(percent)s %%") % {"percent": probability} if probability is not None else _("Keep category"),
        address,
    )


def _board(request: Request) -> Board:
    """Return the board that the request's query describes; one that it does not know is the default one."""
    try:
        return Board(request)
    except BadQuery:
        request.GET = QueryDict()
        return Board(request)


def _stage(text: str, deal_id: UUID, board: Board | None) -> Stage:
    """Return the stage of an id, or by its kind (`won`, `lost`) that of the deal's pipeline; Http404 for any other."""
    pk = _uuid(text)
    if pk is not None and board is not None:
        found = next((stage for stage in board.all_stages if stage.pk == pk), None)
    elif pk is not None:
        found = Stage.objects.select_related("pipeline").filter(pk=pk).first()
    else:
        closed = Stage.objects.exclude(kind_of=Stage.Kind.OPEN).select_related("pipeline")
        found = next((stage for stage in closed.filter(pipeline__deals=deal_id) if stage.kind_of == text), None)
    if found is None:
        raise Http404("No such stage.")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@login_required
@require_POST
def deal_reopen(request: Request, pk: UUID) -> HttpResponse:
    """Open a closed deal again, where it last was (P4)."""
    deal = get_deal(request, pk)
    request.actor.require("edit", deal)
    try:
        deal = reopen_deal(deal_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return done(request, _("Nothing was changed"), deal, undo=False)
    return done(request, _("%(deal)s is open again") % {"deal": deal.title}, deal)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deal_pipeline(request: Request, pk: UUID) -> HttpResponse:
    """Take a deal to another pipeline (P9)."""
    deal = get_deal(request, pk)
    actor = request.actor
    actor.require("edit", deal)
    form = PipelineChoiceForm(request.POST or None, deal=deal)
    if request.method == "POST" and form.is_valid():
        stage = Stage.objects.get(pk=form.cleaned_data["stage"])
        try:
            moved = change_pipeline(
                deal_id=pk, to_stage=stage, actor=actor, version=_number(request.POST.get("version", ""))
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            words = _("%(deal)s moved to %(pipeline)s, %(stage)s")
            named = {"deal": moved.title, "pipeline": stage.pipeline.name, "stage": stage.name}
            return done(request, words % named, moved)
    return show_form(
        request, "deals/form.html", form=form, heading=_("Move to another pipeline"), submit=_("Move"),
        cancel=reverse("deals:deal_detail", args=[pk]), version=deal.version,
    )  # fmt: skip
