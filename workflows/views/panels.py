"""What stands beside the builder: the dry run, the last runs, why not, and the versions of a rule."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.http import Request
from crm.kernel.core.widgets import TypeaheadInput
from crm.kernel.events.models import Event
from workflows.conditions import judge
from workflows.engine.loading import Loaded, load_rule
from workflows.explaining import told
from workflows.fields import MODELS
from workflows.forms import TrialForm
from workflows.models import Rule, RuleVersion, Run
from workflows.records import Named, kind_label, named
from workflows.snapshots import Moment, Past, Present, Reader, Snapshot, load
from workflows.telling import shown_run
from workflows.trials import dry_context
from workflows.whynot import answer_at, event_words, last_events, moment_words

from .ledger import assigns, ledger

LAST_RUNS, LAST_VERSIONS = 12, 30
MOST_COUNTED = 999
ASKED_FOR = ("deal", "contact", "company")
PANELS = ("dry", "runs", "given", "why", "versions")


def panel_context(request: Request, rule: Rule, trying: TrialForm | None = None) -> dict[str, Any]:
    """Return what the panel that the address asks for needs; `trying` is a dry run that cannot be begun."""
    wanted = request.GET.get("panel", "")
    offered = [key for key in PANELS if key != "given" or assigns(rule)]
    panel = wanted if wanted in offered and trying is None else PANELS[0]
    labels = {
        "dry": _("Dry run"), "runs": _("Runs"), "given": _("Given"), "why": _("Why not?"), "versions": _("Versions"),
    }  # fmt: skip
    counts = {"runs": _count_of_runs(request, rule), "versions": rule.versions.count()}
    tabs = [(key, labels[key], key == panel, counts.get(key)) for key in offered]
    template = f"workflows/_{panel}.html"
    # On a narrow page the rule itself is one of the tabs, and it is what is shown until a panel is asked for.
    found: dict[str, Any] = {
        "tabs": tabs, "panel_template": template, "asked_panel": wanted in offered or trying is not None,
    }  # fmt: skip
    if panel == "dry":
        return found | dry_context(request.actor, rule, trying)
    return found | {"runs": _runs, "given": ledger, "why": _why, "versions": _versions}[panel](request, rule)


def _count_of_runs(request: Request, rule: Rule) -> str:
    """Return how many runs there are, as far as one counts."""
    found = Run.objects.visible_to(request.actor).filter(rule=rule).order_by()[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if found > MOST_COUNTED else str(found or "")


def _runs(request: Request, rule: Rule) -> dict[str, Any]:
    """Return the last runs of a rule, each with what its steps did."""
    rows = Run.objects.visible_to(request.actor).filter(rule=rule).order_by("-started_at", "-id")
    runs = list(rows.prefetch_related("steps")[:LAST_RUNS])
    names = named(((run.record_kind, run.record_id) for run in runs), request.actor)
    return {"runs": [shown_run(run, names) for run in runs]}


def _versions(request: Request, rule: Rule) -> dict[str, Any]:
    rows = RuleVersion.objects.filter(rule=rule).select_related("published_by", "saved_by").order_by("-number")
    return {"versions": list(rows[:LAST_VERSIONS])}


def _why(request: Request, rule: Rule) -> dict[str, Any]:
    """Return what a chosen record has to do with the published rule: each condition as the record is now, and its runs (W6)."""
    loaded = load_rule(rule)
    kind = loaded.document.kind if loaded is not None else ""
    if loaded is None or kind not in ASKED_FOR:
        return {"why_kind": ""}
    record = _chosen(request, kind)
    name = str(record) if record is not None else ""
    widget = TypeaheadInput("activities:record_options", label_for=lambda _pk: name, kwargs={"kind": kind})
    found: dict[str, Any] = {
        "why_kind": kind_label(kind),
        "why_record": record,
        "why_nothing": record is None and "record" in request.GET,
        "why_widget": widget.render("record", record.pk if record else None, {"id": "why-record", "class": "input"}),
    }
    if record is None:
        return found
    events = last_events(record.pk)
    asked = next((each for each in events if str(each.pk) == request.GET.get("event")), None)
    found["why_events"] = [(each.pk, event_words(each), each.recorded_at, each == asked) for each in events]
    found["runs"] = _runs_of(loaded.rule, record)
    return found | (
        _answer_at(request, loaded, kind, asked) if asked is not None else _answer(request, loaded, kind, record)
    )


def _chosen(request: Request, kind: str) -> Any:
    """Return the record that the address names, if it is one that the person may see."""
    try:
        pk = UUID(request.GET.get("record", ""))
    except ValueError:
        return None
    return MODELS[kind].objects.visible_to(request.actor).live().filter(pk=pk).first()


def _answer(request: Request, loaded: Loaded, kind: str, record: Any) -> dict[str, Any]:
    """Hold the rule against the record as it is now, with the rights of the rule, and say what speaks against it."""
    against = []
    if loaded.rule.state != Rule.State.LIVE:
        against.append(_("The rule is not at work: %(state)s.") % {"state": loaded.rule.get_state_display()})
    if not MODELS[kind].objects.visible_to(loaded.actor).filter(pk=record.pk).exists():
        against.append(_("The rule may not see this record."))
    if words := moment_words(loaded, record.pk, timezone.now()):
        against.append(words)
    fields = loaded.document.conditions.fields().values()
    reader = Reader(Present(), loaded.actor)
    (values,) = load(kind, [Moment(record.pk)], fields, reader=reader)
    context = loaded.context(timezone.now())
    verdict = judge(loaded.document.conditions, Snapshot(kind, record.pk, values or {}), context)
    (shown,) = load(kind, [Moment(record.pk)], fields, reader=Reader(Present(), request.actor))
    return {
        "why_against": against,
        "why_conditions": told(loaded.document.conditions, verdict.trace, context, shown or {}),
        "why_held": bool(verdict.held),
        "why_trigger": loaded.document.trigger.describe(loaded.document.options) if loaded.document.trigger else "",
    }


def _runs_of(rule: Rule, record: Any) -> list[dict[str, Any]]:
    runs = Run.objects.filter(rule=rule, record_id=record.pk).prefetch_related("steps")
    lines = list(runs.order_by("-started_at", "-id")[:LAST_RUNS])
    return [shown_run(run, {record.pk: Named(str(record), "")}) for run in lines]


def _answer_at(request: Request, loaded: Loaded, kind: str, event: Event) -> dict[str, Any]:
    """Ask the rule at something that happened to the record; values are those of then, as the person may see them."""
    answer = answer_at(loaded, event)
    fields = loaded.document.conditions.fields().values()
    moment = Moment.of(event)
    (shown,) = load(kind, [moment], fields, reader=Reader(Past(), request.actor))
    context = loaded.context(event.recorded_at)
    return {
        "why_then": answer,
        "why_conditions": told(loaded.document.conditions, answer.trace, context, shown or {}),
    }
