"""Publishing, pausing and resuming rules (W4, W8)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.events.tasks import run_later
from workflows.actors import actor_for, broken_owner
from workflows.documents import Document, read_document
from workflows.engine.candidates import count_matching, matching
from workflows.engine.due import set_off
from workflows.engine.loading import Loaded
from workflows.models import DueTime, Rule, RuleState, RuleVersion, Run
from workflows.problems import BadRule, Problem

from .drafts import check_seen, rule_to_edit

TASK = "workflows.tasks.work"


@dataclass(frozen=True, slots=True)
class Check:
    """What publishing a rule would meet: its document as read, what is wrong with it, and what is worth a warning."""

    document: Document
    problems: list[Problem]
    warnings: list[Problem]

    @property
    def ok(self) -> bool:
        """True if the rule can be published."""
        return not self.problems


def check_rule(rule: Rule, version: RuleVersion | None = None) -> Check:
    """Return all that is wrong with a version of a rule, the latest unless given, each with its place and the reason."""
    version = version or rule.latest
    actor = actor_for(rule, rule.owner)
    document = read_document(version.document if version is not None else {}, actor)
    problems = list(document.problems.found)
    if reason := broken_owner(actor):
        problems.append(Problem("rule.owner", reason))
    if not rule.as_house and not actor.may("rules") and not actor.may("settings"):
        problems.append(Problem("rule.owner", _("%(name)s has no right to rules.") % {"name": actor.label}))
    problems += _rights(document, actor)
    return Check(document, problems, _warnings(document))


def _rights(document: Document, actor: Actor) -> list[Problem]:
    """Return the steps that the actor could never do: no right of that kind at all (W9)."""
    found: list[Problem] = []
    if document.kind and actor.scope(document.kind, "view").nothing:
        found.append(Problem("rule.owner", _("The rule may not see any record of this kind.")))
    for number, step in enumerate(document.steps, start=1):
        needed = step.action.needs(document.kind)
        if needed and actor.scope(needed, "edit").nothing:
            words = _("The rule has no right to do this: %(action)s.") % {"action": step.action.label}
            found.append(Problem(f"steps.{number}", words))
    return found


def _warnings(document: Document) -> list[Problem]:
    """Return what can work and is seldom meant."""
    heard = set(document.trigger.events) if document.trigger is not None else set()
    watched = document.options.get("fields") or ()
    return [
        Problem(
            f"steps.{number}", _("This step may set the rule itself off; it never meets a record twice in one chain.")
        )
        for number, step in enumerate(document.steps, start=1)
        if heard & set(step.action.sets_off(step.options, document.kind))
        and not (watched and (touched := step.action.touches(step.options)) and touched not in watched)
    ]


def matching_now(rule: Rule, version: RuleVersion | None = None) -> int:
    """Return how many records match the rule already, counted up to 10,000: shown before publishing (W4)."""
    version = version or rule.latest
    check = check_rule(rule, version)
    if not check.ok or version is None:
        return 0
    return count_matching(Loaded(rule, version, check.document, actor_for(rule, rule.owner)))


@command("rules.publish")
def publish_rule(*, rule_id: UUID, actor: Actor, include_existing: bool = False, seen: str = "") -> Rule:
    """Put the draft to work (W4, W8): the rule is live from now on, with this version; runs that wait go on with theirs.

    Records that match already are left alone unless `include_existing`. What was kept for a broken rule starts now.
    Raises BadRule with every problem, its place and the reason; Conflict if the latest version is not the one `seen` by its
    stamp; PermissionDenied for somebody else's rule.
    """
    rule = rule_to_edit(rule_id, actor)
    version = rule.latest
    if version is None:
        raise Refused(_("There is nothing to publish."))
    check_seen(version, seen, _("This is how it is now."))
    check = check_rule(rule, version)
    if not check.ok:
        raise BadRule(check.problems)
    now = timezone.now()
    if version.published_at is None:
        version.published_at, version.published_by = now, actor.user
        version.save(update_fields=["published_at", "published_by"])
    assert check.document.trigger is not None
    anew = rule.current_id != version.pk
    was_listening = rule.state == Rule.State.LIVE or rule.broken
    rule.current, rule.trigger, rule.include_existing = version, check.document.trigger.key, include_existing
    rule.live_since = rule.live_since if was_listening and rule.live_since else now
    _begin(rule, anew=anew)
    if include_existing and not check.document.trigger.timed and check.document.kind:
        _run_for_existing(Loaded(rule, version, check.document, actor_for(rule, rule.owner)), now)
    return rule


def _begin(rule: Rule, *, anew: bool) -> None:
    """Set a rule to work, and start what was kept for it."""
    rule.state, rule.broken, rule.pause_reason = Rule.State.LIVE, False, ""
    rule.filled_at = rule.filled_to = None
    rule.save()
    if anew or rule.include_existing:  # which spells were passed over does not count any more
        DueTime.objects.filter(rule=rule).delete()
    if anew:
        RuleState.objects.filter(rule=rule).delete()
    Run.objects.filter(rule=rule, state=Run.State.HELD, cause="broken").update(due_at=timezone.now())
    transaction.on_commit(wake, robust=True)


def _run_for_existing(loaded: Loaded, now: Any) -> None:
    """Make runs for the records that match already; the brake spreads them (W4)."""
    for batch in matching(loaded):
        set_off(loaded, [(pk, f"existing:{loaded.version.pk}:{pk}") for pk in batch], now)
        RuleState.objects.bulk_create(
            [RuleState(rule=loaded.rule, record_kind=loaded.document.kind, record_id=pk, inside=True) for pk in batch],
            ignore_conflicts=True,
        )


def wake() -> None:
    """Have a worker go on with what is due; beat does it besides."""
    run_later(TASK)


@command("rules.pause")
def pause_rule(*, rule_id: UUID, actor: Actor, reason: str = "") -> Rule:
    """Stop a rule: nothing sets it off any more. Runs under way go on; they can be dismissed."""
    rule = rule_to_edit(rule_id, actor)
    if rule.state == Rule.State.LIVE or rule.broken:
        rule.state, rule.broken, rule.pause_reason = Rule.State.PAUSED, False, reason.strip()[:500]
        rule.save(update_fields=["state", "broken", "pause_reason"])
    return rule


@command("rules.resume")
def resume_rule(*, rule_id: UUID, actor: Actor) -> Rule:
    """Put a paused rule to work again with its published version. What happened while a person had paused it is left alone;
    what was kept while it was broken starts now. Raises BadRule if it cannot work.
    """
    rule = rule_to_edit(rule_id, actor)
    if rule.current is None:
        raise Refused(_("This rule has never been published."))
    if rule.state == Rule.State.LIVE:
        return rule
    check = check_rule(rule, rule.current)
    if not check.ok:
        raise BadRule(check.problems)
    if not rule.broken:  # what came due meanwhile is not among what "run it for those too" meant at publishing
        rule.live_since, rule.include_existing = timezone.now(), False
    _begin(rule, anew=False)
    return rule
