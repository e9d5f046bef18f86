"""The runs of rules: the list, one run in full, and what people do with those that failed (W6, W8)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from activities.mail.models import OutgoingMail
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import is_fragment, refresh, toast, trigger
from crm.kernel.core.http import Request
from crm.kernel.events.models import Event
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.pages import list_response
from crm.kernel.listing.selection import Selection
from crm.kernel.users.models import User
from workflows.actions import action_named
from workflows.actors import actor_for
from workflows.documents import read_document
from workflows.explaining import context_for, then, told
from workflows.lists import RunList
from workflows.models import Rule, Run, Step
from workflows.records import Named, named
from workflows.services import dismiss_runs, retry_runs
from workflows.telling import trigger_words
from workflows.tones import tone_of

from .shared import back, may_edit, rules_only

MADE = ("task", "deal", "mail", "delivery")  # what steps note of what they made


@rules_only
@require_safe
def run_list(request: Request) -> HttpResponse:
    """All runs, filtered by state, rule, record and period."""
    return list_response(request, RunList)


@rules_only
@require_POST
def run_steer(request: Request) -> HttpResponse:
    """Retry or dismiss runs: one, those ticked, or all that match the list (W8)."""
    again = request.POST.get("do") == "retry"
    try:
        ids = _chosen(request)
        count = (retry_runs if again else dismiss_runs)(actor=request.actor, run_ids=ids)
    except BadQuery as error:
        toast(request, _("These runs cannot be read: %(name)s.") % {"name": error.name}, "bad")
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _words(count, again=again), "ok" if count else "warn")
    if not is_fragment(request):
        return back(request, reverse("workflows:run_list"))
    response = HttpResponse(headers={"HX-Reswap": "none"})
    trigger(response, "crm:clear-selection")
    refresh(response)
    return response


def _chosen(request: Request) -> list[UUID]:
    """Return the ids of the chosen runs: of a list's form, or of a single button."""
    data = request.POST.copy()
    data.setdefault("list", RunList.key)
    return list(Selection.read(data).rows(request.actor).order_by().values_list("pk", flat=True))


def _words(count: int, *, again: bool) -> str:
    if not count:
        return _("None of these runs can be steered: they are at their end, or of another person's rule")
    if again:
        return ngettext("%d run goes on", "%d runs go on", count) % count
    return ngettext("%d run is dismissed", "%d runs are dismissed", count) % count


@rules_only
@require_safe
def run_page(request: Request, pk: UUID) -> HttpResponse:
    """One run: what it saw, what each step did or why it failed, and what led to it."""
    run = _run(request, pk)
    names = named([(run.record_kind, run.record_id)], request.actor)
    record = names.get(run.record_id) if run.record_id else None
    hidden = run.record_id is not None and record is None
    actor = actor_for(run.rule, run.rule.owner)
    document = read_document(run.version.document if run.version else {}, actor, run.started_at)
    context, past = context_for(actor), {} if hidden else then(run, document, request.actor)
    steps = list(run.steps.order_by("index"))
    links = {} if hidden else _links(steps, request)
    lines = [
        {
            "step": step,
            "label": getattr(action_named(step.action), "label", step.action),
            "icon": getattr(action_named(step.action), "icon", "zap"),
            "tone": tone_of(step.state)[0],
            "links": links.get(step.pk, ()),
            "conditions": told(document.steps[step.index].conditions, step.trace, context, past)
            if step.index < len(document.steps) and step.trace and not hidden
            else [],
        }
        for step in steps
    ]
    values = {
        "run": run,
        "record": record,
        "hidden": hidden,
        "tone": tone_of(run.state),
        "conditions": [] if hidden else told(document.conditions, run.trace, context, past),
        "lines": lines,
        "rest": [] if run.state == Run.State.DONE else _ahead(document, steps, context),
        "chain": _chain(run, request),
        "cause": _cause(run),
        **_sets(run, request),
        "editable": may_edit(run.rule, request.actor),
        "can_retry": run.state in (Run.State.FAILED, Run.State.HELD, Run.State.RETRYING, Run.State.STOPPED)
        and run.cause not in ("loop", "depth"),
        "can_dismiss": run.state == Run.State.FAILED or run.is_pending,
    }
    return render(request, "workflows/run.html", values)


def _run(request: Request, pk: UUID) -> Run:
    rows = Run.objects.visible_to(request.actor).select_related("rule__owner__role", "rule__owner__team", "version")
    run: Run | None = rows.filter(pk=pk).first()
    if run is None:
        raise Http404("No such run.")
    return run


def _cause(run: Run) -> str:
    """Return what set the run off, in words."""
    how = run.key.partition(":")[0]
    if how == "manual":
        return _("Somebody started it by hand.")
    if how == "existing":
        return _("The record matched when the rule was published.")
    words = trigger_words(run.version.document if run.version else {})
    event = Event.objects.filter(pk=run.event_id).values_list("user_id", "at").first() if run.event_id else None
    who = User.objects.filter(pk=event[0]).values_list("name", flat=True).first() if event and event[0] else None
    said = words[:1].upper() + words[1:]
    return _("%(what)s: by %(name)s.") % {"what": said, "name": who} if who else f"{said}."


def _links(steps: Iterable[Step], request: Request) -> dict[UUID, list[Named]]:
    """Return what each step made, as far as the person may open it: tasks, deals, mails, messages of webhooks."""
    made = [(step.pk, kind, UUID(pk)) for step in steps for kind, pk in step.result.items() if kind in MADE and pk]
    records = named(((kind, pk) for _step, kind, pk in made), request.actor)
    mails = OutgoingMail.objects.visible_to(request.actor).filter(
        pk__in=[pk for _step, kind, pk in made if kind == "mail"]
    )
    states = {mail.pk: str(mail.get_state_display()) for mail in mails}
    found: dict[UUID, list[Named]] = {}
    for step, kind, pk in made:
        if pk in records:
            found.setdefault(step, []).append(records[pk])
        elif pk in states:
            found.setdefault(step, []).append(Named(states[pk], reverse("activities:mail_detail", args=[pk])))
        elif kind == "delivery" and request.actor.may("settings"):
            found.setdefault(step, []).append(Named(_("Delivery"), reverse("webhooks:delivery", args=[pk])))
    return found


def _sets(run: Run, request: Request) -> dict[str, str]:
    """Return the addresses of the change that set the run off, and of the run's own, for those who may open them."""
    sets = {"changeset_url": run.caused_by_set, "own_set_url": run.changeset_id}
    wanted = [pk for pk in sets.values() if pk is not None]
    seen = set(ChangeSet.objects.visible_to(request.actor).filter(pk__in=wanted).values_list("pk", flat=True))
    return {name: reverse("audit:set_detail", args=[pk]) for name, pk in sets.items() if pk in seen}


def _ahead(document: Any, done: list[Any], context: Any) -> list[str]:
    """Return the steps that the run has not come to, in words."""
    reached = {step.index for step in done}
    return [
        step.action.words(step.options, document.kind, context)
        for index, step in enumerate(document.steps)
        if index not in reached
    ]


def _chain(run: Run, request: Request) -> list[dict[str, Any]]:
    """Return the rules and records that led to this run, the first one first (W5); a chain lists `rule:record`."""
    pairs = [str(each).partition(":")[::2] for each in run.chain]
    rules = {str(rule.pk): rule for rule in Rule.objects.filter(pk__in={rule for rule, _record in pairs})}
    ids = {record for _rule, record in pairs}
    runs = Run.objects.filter(rule__in=rules.values(), record_id__in=ids, started_at__lte=run.started_at)
    known = {tuple(each.chain): each for each in runs}
    records = named(((each.record_kind, each.record_id) for each in known.values()), request.actor)
    found = []
    for number, (rule, _record) in enumerate(pairs, start=1):
        led = run if number == len(pairs) else known.get(tuple(run.chain[:number]))
        record = records.get(led.record_id) if led is not None and led.record_id else None
        found.append({"rule": rules.get(rule), "run": led, "record": record, "own": number == len(pairs)})
    return found
