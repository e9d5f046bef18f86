"""What a dry run found, in words and under the rights of whoever looks (W6, W7, U3)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor

from .actions import action_named
from .actions.texts import filled
from .actors import actor_for
from .comparing import same
from .conditions import RuleContext
from .documents import read_document
from .dryrun.results import REASONS
from .explaining import told
from .forms import TrialForm
from .models import Rule, Trial, TrialLine
from .records import named
from .snapshots import Moment, Past, Reader, Snapshot, load

FIRST_MATCHES, FIRST_MISSES, PAGE = 8, 3, 50
FILTERS = ("show", "why", "failed")
SIDES = {"draft": "only_draft", "published": "only_published", "both": "both"}


def trial_of(actor: Actor, rule: Rule) -> Trial | None:
    """Return a person's dry run of a rule."""
    return Trial.objects.filter(rule=rule, user=actor.user).order_by("-created_at").first()


def own_matches(trial: Trial) -> Any:
    """Return the matches of the version that was tried, without those of the published one alone."""
    return trial.lines.filter(outcome=TrialLine.MATCH).exclude(side=TrialLine.Side.PUBLISHED)


def dry_context(actor: Actor, rule: Rule, form: TrialForm | None = None) -> dict[str, Any]:
    """Return what the panel of dry runs needs: the form, how far the last one is, its figures and its first lines."""
    trial = trial_of(actor, rule)
    latest = rule.latest
    trigger = latest.document.get("trigger") if latest is not None else None
    found: dict[str, Any] = {
        "dry_form": form or TrialForm(), "trial": trial, "has_version": latest is not None,
        "by_hand": isinstance(trigger, Mapping) and trigger.get("kind") == "manual",
    }  # fmt: skip
    if trial is None:
        return found
    found |= figures(trial, rule)
    if trial.rows_done and not trial.at_work:
        lines = Lines(trial, actor)
        rows = list(own_matches(trial).order_by("-at", "-id")[:FIRST_MATCHES])
        rows += trial.lines.filter(outcome="conditions").order_by("-at", "-id")[:FIRST_MISSES]
        found["lines"] = lines.shown(rows)
    return found


def figures(trial: Trial, rule: Rule) -> dict[str, Any]:
    """Return the figures: what each kind of step would have done, and whether the rule has changed since."""
    counts, latest = trial.counts, rule.latest
    actions = [
        (action.label, action.icon, count)
        for key, count in sorted(counts.get("actions", {}).items(), key=lambda pair: -pair[1])
        if (action := action_named(key)) is not None
    ]
    stale = latest is None or not same(latest.document, trial.document, actor_for(rule, rule.owner))
    return {"figures": counts, "actions": actions, "stale": stale}


class Lines:
    """Lines of one dry run, read for one person."""

    def __init__(self, trial: Trial, actor: Actor) -> None:
        self.trial, self.actor = trial, actor
        owner = actor_for(trial.rule, trial.rule.owner)
        self.document = read_document(trial.document, owner)
        self.published = read_document(trial.against.document, owner) if trial.against is not None else self.document
        self.owner = owner

    def page(self, asked: Mapping[str, str], after: str) -> dict[str, Any]:
        """Return one page of lines by what the address asks for; what it cannot mean is passed over."""
        wanted = {name: value for name, value in asked.items() if value}
        rows = self.trial.lines.all()
        side = wanted.get("show", "")
        if wanted.get("why") in REASONS:
            rows = rows.filter(outcome=wanted["why"])
            if wanted["why"] == "conditions" and wanted.get("failed"):
                rows = rows.filter(data__failed__contains=[wanted["failed"]])
        elif side in SIDES:
            rows = rows.filter(outcome=TrialLine.MATCH, side=side)
        elif side == "misses":
            rows = rows.exclude(outcome=TrialLine.MATCH)
        else:
            rows = own_matches(self.trial)
        first = self._line_at(after)
        if first is not None:
            rows = rows.filter(at__lte=first.at).exclude(at=first.at, pk__gte=first.pk)
        found = list(rows.order_by("-at", "-id")[: PAGE + 1])
        more = urlencode({**wanted, "after": found[PAGE - 1].pk}) if len(found) > PAGE else ""
        return {
            "lines": self.shown(found[:PAGE]), "more": more, "asked": wanted, "filters": self._filters(wanted),
            "conditions": self._conditions(wanted) if wanted.get("why") == "conditions" else [],
        }  # fmt: skip

    def _line_at(self, key: str) -> TrialLine | None:
        """Return the line that an address names, None for anything else."""
        try:
            return self.trial.lines.filter(pk=UUID(key)).first()
        except ValueError:
            return None

    def _filters(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the kinds of lines that there are, each with its number and address."""
        counts = self.trial.counts
        found: list[tuple[Any, dict[str, str], int]] = [(_("Would have run"), {}, counts.get("matches", 0))]
        if "published" in counts:
            labels = {"draft": _("Only the draft"), "published": _("Only the published version"), "both": _("Both")}
            found += [(labels[key], {"show": key}, counts.get(name, 0)) for key, name in SIDES.items()]
        found.append((_("Would not have run"), {"show": "misses"}, counts.get("missed", 0)))
        reasons = sorted(counts.get("reasons", {}).items(), key=lambda pair: -pair[1])
        found += [(REASONS[key], {"why": key}, count) for key, count in reasons if key in REASONS]
        chosen = {name: value for name, value in asked.items() if name != "failed"}
        return [
            {"words": words, "query": urlencode(query), "count": count, "on": query == chosen}
            for words, query, count in found
        ]

    def _conditions(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return how often each condition failed."""
        counts, context = self.trial.counts.get("conditions", {}), self._context(self.trial.until)
        return [
            {
                "words": test.words(context), "count": counts[test.path], "on": asked.get("failed") == test.path,
                "query": urlencode({"why": "conditions", "failed": test.path}),
            }
            for test in self.document.conditions.tests() if counts.get(test.path)
        ]  # fmt: skip

    def _context(self, at: Any) -> RuleContext:
        return RuleContext(self.owner, at)

    def shown(self, rows: Sequence[TrialLine]) -> list[dict[str, Any]]:
        """Return lines in words. Of a record that the person may not see nothing is told (U3); values of others are read
        at their moment with the person's own rights.
        """
        names = named(((row.record_kind, row.record_id) for row in rows), self.actor)
        to = [("contact", UUID(step["to"])) for row in rows for step in row.data.get("steps", ()) if step.get("to")]
        people = named(to, self.actor)
        there = [row for row in rows if row.record_id in names]
        values = self._values(there)
        return [self._line(row, names.get(row.record_id), people, values.get(row.pk, {})) for row in rows]  # type: ignore[arg-type]

    def _values(self, rows: Sequence[TrialLine]) -> dict[UUID, dict[str, Any]]:
        fields = {**self.published.fields(), **self.document.fields()}
        if not rows or not self.document.kind or not fields:
            return {}
        moments = [Moment(row.record_id, row.at, row.changeset_id) for row in rows]  # type: ignore[arg-type]
        found = load(self.document.kind, moments, fields.values(), reader=Reader(Past(), self.actor))
        return {row.pk: values or {} for row, values in zip(rows, found, strict=True)}

    def _line(self, row: TrialLine, record: Any, people: Mapping[UUID, Any], values: dict[str, Any]) -> dict[str, Any]:
        document = self.published if row.side == TrialLine.Side.PUBLISHED else self.document
        context = self._context(row.at)
        hidden = row.record_id is not None and record is None
        steps = [] if hidden else [
            self._step(index, step, document, people, values, row) for index, step in enumerate(row.data.get("steps", ()))
        ]  # fmt: skip
        conditions = [] if hidden else told(document.conditions, row.data.get("trace", ()), context, values)
        failed = [each for each in conditions if each.held is False]
        seen = [each.seen for each in conditions if each.held] if row.outcome == TrialLine.MATCH else [
            f"{each.field}: {each.seen}" for each in failed
        ]  # fmt: skip
        return {
            "row": row, "record": record, "hidden": hidden, "match": row.outcome == TrialLine.MATCH,
            "why": REASONS.get(row.outcome, ""), "conditions": conditions, "steps": steps, "seen": ", ".join(seen),
            "done": sum(bool(step["done"]) for step in steps), "side": row.get_side_display(),
            "held": row.data.get("held"), "unknown": row.data.get("unknown"),
        }  # fmt: skip

    def _step(
        self, index: int, step: Any, document: Any, people: Mapping[UUID, Any], values: dict[str, Any], row: TrialLine
    ) -> dict[str, Any]:
        """Return a step in words, with the texts that it would have written, as the person may read them."""
        action = action_named(step["action"])
        use = document.steps[index] if index < len(document.steps) else None
        context = self._context(row.at)
        snapshot = Snapshot(document.kind, row.record_id, values)  # type: ignore[arg-type]
        options = use.options if use is not None and step["done"] else {}
        texts = [
            filled(options[each.key], snapshot, context, document.kind)
            for each in (action.options if action is not None else ())
            if each.type == "merge_text" and options.get(each.key)
        ]
        to = people.get(UUID(step["to"])) if step.get("to") else None
        lines = told(use.conditions, step.get("trace", ()), context, values) if use and step.get("trace") else []
        return {
            "label": getattr(action, "label", step["action"]), "icon": getattr(action, "icon", "zap"),
            "words": step["words"], "done": step["done"], "later": step.get("later"), "texts": texts, "to": to,
            "conditions": lines,
        }  # fmt: skip


__all__ = ["FILTERS", "Lines", "dry_context", "figures", "trial_of"]
