"""The dry run itself: read only, by the database's own word (W7)."""

import datetime as dt

from django.db import connection, transaction

from workflows.engine.loading import Loaded, keys_for, load_rule
from workflows.models import Rule, RuleVersion
from workflows.pools import RememberedPools
from workflows.problems import BadRule

from .events import asked_by_events
from .judging import Judge
from .results import Comparison, DryRun
from .steps import plan_steps
from .times import asked_by_time

MOST_MATCHES = 5_000


def dry_run(
    *, rule: Rule, since: dt.datetime, until: dt.datetime, version: RuleVersion | None = None, most: int = MOST_MATCHES
) -> DryRun:
    """Try a version of a rule, the latest unless given, on what happened between two moments; nothing is written (W7).

    Matches with the values seen and what each step would have done at first order; misses with their reasons; rules that it
    may have set off. Raises BadRule for a version that cannot be read.
    """
    rule = Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=rule.pk)
    loaded = load_rule(rule, version or rule.latest)
    if loaded is None or loaded.document.problems.found or loaded.document.trigger is None:
        raise BadRule(loaded.document.problems.found if loaded is not None else [])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        return _run(loaded, since, until, most)


def _run(loaded: Loaded, since: dt.datetime, until: dt.datetime, most: int) -> DryRun:
    result = DryRun(since, until, sets_off=may_set_off(loaded))
    judge = Judge(loaded, result)
    pools = RememberedPools(before=since)
    timed = loaded.document.trigger.timed
    asked = asked_by_time(loaded, since, until) if timed else asked_by_events(loaded, since, until)
    for batch in asked:
        plan_steps(loaded, judge.ask(batch), pools)
        if len(result.matches) >= most:
            result.truncated = True
            break
    return result


def may_set_off(loaded: Loaded) -> list[str]:
    """Return the names of other rules at work that the steps may set off: chains are told, not followed (W7)."""
    names = {
        name for step in loaded.document.steps for name in step.action.sets_off(step.options, loaded.document.kind)
    }
    keys = {key for name in names for key in keys_for(name)[0]}
    rows = Rule.objects.filter(state=Rule.State.LIVE, trigger__in=keys).exclude(pk=loaded.rule.pk)
    return list(rows.order_by("name").values_list("name", flat=True))


def compare(*, rule: Rule, since: dt.datetime, until: dt.datetime, most: int = MOST_MATCHES) -> Comparison | None:
    """Try the latest version beside the published one; None if there is no published one (W7)."""
    if rule.current is None:
        return None
    draft = dry_run(rule=rule, since=since, until=until, most=most)
    published = dry_run(rule=rule, version=rule.current, since=since, until=until, most=most)
    ours, theirs = {each.key for each in draft.matches}, {each.key for each in published.matches}
    return Comparison(
        draft,
        published,
        [each for each in draft.matches if each.key not in theirs],
        [each for each in published.matches if each.key not in ours],
        len(ours & theirs),
    )
