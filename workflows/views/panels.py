"""What stands beside the builder: the last runs and the versions of a rule."""

from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.http import Request
from workflows.models import Rule, RuleVersion, Run
from workflows.records import named
from workflows.tones import tone_of

LAST_RUNS, LAST_VERSIONS = 12, 30
PANELS = ("runs", "versions")


def panel_context(request: Request, rule: Rule) -> dict[str, Any]:
    """Return what the panel that the address asks for needs."""
    wanted = request.GET.get("panel", "")
    panel = wanted if wanted in PANELS else PANELS[0]
    labels = {"runs": _("Runs"), "versions": _("Versions")}
    tabs = [(key, labels[key], key == panel) for key in PANELS]
    template = f"workflows/_{panel}.html"
    return {"tabs": tabs, "panel_template": template, **{"runs": _runs, "versions": _versions}[panel](request, rule)}


def _runs(request: Request, rule: Rule) -> dict[str, Any]:
    """Return the last runs of a rule, each with what its steps did."""
    rows = Run.objects.visible_to(request.actor).filter(rule=rule).order_by("-started_at", "-id")
    runs = list(rows.prefetch_related("steps")[:LAST_RUNS])
    names = named(((run.record_kind, run.record_id) for run in runs), request.actor)
    return {"runs": [shown_run(run, names) for run in runs]}


def shown_run(run: Run, names: Any) -> dict[str, Any]:
    """Return a run as a line: its record, if the person may see it, what came of it, and how it looks."""
    tone, icon = tone_of(run.state)
    done = [step.words for step in run.steps.all() if step.words]
    hidden = run.record_id is not None and run.record_id not in names
    return {
        "run": run,
        "record": names.get(run.record_id),
        "words": run.get_state_display() if hidden else run.reason or "; ".join(done) or run.get_state_display(),
        "tone": tone,
        "icon": icon,
        "again": run.state == Run.State.FAILED,
    }


def _versions(request: Request, rule: Rule) -> dict[str, Any]:
    rows = RuleVersion.objects.filter(rule=rule).select_related("published_by", "saved_by").order_by("-number")
    return {"versions": list(rows[:LAST_VERSIONS])}
