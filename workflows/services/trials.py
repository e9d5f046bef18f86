"""Dry runs as the worker's work: asked for on a page, done under a lease, found again by whoever asked (W7)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.listing.runs import end, hand_over, hold, keep_lease, stop_run, take_lease
from workflows.dryrun.results import DryRun, Match, Miss
from workflows.dryrun.running import Walk, load_version
from workflows.models import Rule, RuleVersion, Trial, TrialLine

WORK = "trial"
LONGEST = dt.timedelta(days=366)


@command("rules.try")
def begin_trial(*, rule_id: UUID, since: dt.datetime, until: dt.datetime, actor: Actor) -> Trial:
    """Have the latest version of a rule tried on a past period, beside the published one if there is another.

    A person's earlier dry run of the rule goes. Raises Rule.DoesNotExist, PermissionDenied without the right to rules,
    Refused for an impossible period, BadRule for a version that cannot work.
    """
    actor.require_flag("rules")
    rule = Rule.objects.visible_to(actor).select_related("current", "owner__role", "owner__team").get(pk=rule_id)
    if not since < until or until - since > LONGEST:
        raise Refused(_("Choose a period of at most a year."))
    version = rule.latest
    load_version(rule, version)
    assert version is not None
    Trial.objects.filter(rule=rule, user=actor.user).delete()
    trial = Trial(
        user=actor.user, rule=rule, number=version.number, document=version.document, since=since, until=until,
        against=rule.current if rule.current_id != version.pk else None,
    )  # fmt: skip
    hand_over(trial, WORK, actor)
    return trial


@command("rules.try_stop")
def stop_trial(*, rule_id: UUID, actor: Actor) -> Trial:
    """Stop one's dry run of a rule; what it has found so far stays. Raises Trial.DoesNotExist, Refused if it is over."""
    trial: Trial = Trial.objects.select_for_update().get(rule_id=rule_id, user=actor.user)
    stop_run(trial)
    return trial


def perform(trial: Trial) -> None:
    """Do a dry run: the published version first, so that each match of the draft can be told from its own at once."""
    lease = take_lease(trial)
    TrialLine.objects.filter(trial=trial).delete()
    try:
        _perform(trial, lease)
    except Refused as refused:  # the rule was broken meanwhile
        end(trial, lease, "failed", error=refused.message)


def _perform(trial: Trial, lease: UUID) -> None:
    walks = [_walk(trial, trial.against)] if trial.against is not None else []
    walks.append(_walk(trial, RuleVersion(rule=trial.rule, number=trial.number, document=trial.document)))
    known: dict[str, Match] = {}
    for number, walk in enumerate(walks):
        draft, seen = number == len(walks) - 1, (0, 0)
        theirs = known if len(walks) > 1 else None
        going = True
        while going:
            going = walk.step()
            done = sum(each.result.looked_at for each in walks)
            total = walk.total * len(walks) if number == 0 else sum(each.total for each in walks)
            with transaction.atomic():
                hold(trial, lease)
                if draft:
                    seen = _keep(trial, walk.result, seen, theirs)
                trial.counts = _figures(walk.result, theirs) if draft else {}
                trial.rows_done, trial.rows_total = done, max(total, done)
                keep_lease(trial, lease, rows_done=done, rows_total=trial.rows_total, counts=trial.counts)
        if not draft:
            known = {each.key: each for each in walk.result.matches}
    if len(walks) > 1:
        found = {each.key for each in walks[-1].result.matches}
        alone = [each for key, each in known.items() if key not in found]
        TrialLine.objects.bulk_create([_match(trial, each, "published") for each in alone], batch_size=500)
    end(trial, lease, "done")


def _walk(trial: Trial, version: RuleVersion) -> Walk:
    return Walk(load_version(trial.rule, version), trial.since, trial.until)


def _keep(trial: Trial, result: DryRun, seen: tuple[int, int], theirs: dict[str, Match] | None) -> tuple[int, int]:
    """Store what was found since the last time."""
    lines = [
        _match(trial, each, "" if theirs is None else "both" if each.key in theirs else "draft")
        for each in result.matches[seen[0] :]
    ]
    lines += [_miss(trial, each) for each in result.misses[seen[1] :]]
    TrialLine.objects.bulk_create(lines, batch_size=500)
    return len(result.matches), len(result.misses)


def _match(trial: Trial, match: Match, side: str) -> TrialLine:
    steps = [
        {
            "action": step.action, "words": step.kept or step.words, "done": step.done, "later": step.later,
            "trace": step.trace, "to": step.data.get("contact") if step.action == "send_email" else None,
        }
        for step in match.steps
    ]  # fmt: skip
    data = {"trace": match.trace, "steps": steps, "held": match.held, "unknown": match.unknown}
    return TrialLine(
        trial=trial, outcome=TrialLine.MATCH, side=side, at=match.at, record_kind=match.record_kind,
        record_id=match.record_id, changeset_id=match.changeset, data=data,
    )  # fmt: skip


def _miss(trial: Trial, miss: Miss) -> TrialLine:
    data = {"trace": miss.trace, "failed": list(miss.failed)}
    return TrialLine(
        trial=trial, outcome=miss.why, at=miss.at, record_kind=miss.record_kind, record_id=miss.record_id,
        changeset_id=miss.changeset, data=data,
    )  # fmt: skip


def _figures(result: DryRun, theirs: dict[str, Match] | None) -> dict[str, Any]:
    """Return the figures of a dry run so far."""
    actions: dict[str, int] = {}
    for match in result.matches:
        for step in match.steps:
            if step.done:
                actions[step.action] = actions.get(step.action, 0) + 1
    found = {
        "looked": result.looked_at, "matches": len(result.matches), "missed": result.missed,
        "reasons": dict(result.reasons), "conditions": dict(result.conditions), "actions": actions,
        "held": sum(each.held for each in result.matches), "unknown": sum(each.unknown for each in result.matches),
        "sets_off": result.sets_off, "truncated": result.truncated,
    }  # fmt: skip
    if theirs is not None:
        both = sum(each.key in theirs for each in result.matches)
        found |= {
            "published": len(theirs), "both": both, "only_draft": len(result.matches) - both,
            "only_published": len(theirs) - both,
        }  # fmt: skip
    return found


def clean_up_trials(now: dt.datetime | None = None) -> int:
    """Delete dry runs that are older than they are kept; return how many rows went."""
    limit = (now or timezone.now()) - dt.timedelta(days=Trial.KEPT_DAYS)
    return Trial.objects.filter(created_at__lt=limit).exclude(state__in=Trial.AT_WORK).delete()[0]
