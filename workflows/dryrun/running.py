"""The dry run itself: read only, by the database's own word (W7)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from workflows.actors import actor_for
from workflows.documents import read_document
from workflows.engine.loading import Loaded, keys_for
from workflows.models import Rule, RuleVersion
from workflows.pools import RememberedPools
from workflows.problems import BadRule

from .events import asked_by_events, heard
from .judging import Asked, Found, Judge
from .results import Comparison, DryRun
from .steps import plan_steps
from .times import BATCH, asked_by_time

MOST_MATCHES = 5_000


@contextmanager
def reading_only() -> Iterator[None]:
    """Hold what is done within to reading: the database refuses a write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def load_version(rule: Rule, version: RuleVersion | None) -> Loaded:
    """Return a version of a rule as it stands, drafts too; raises BadRule for one that cannot be read."""
    rule = Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=rule.pk)
    actor = actor_for(rule, rule.owner)
    document = read_document(version.document if version is not None else {}, actor)
    if version is None or document.problems.found or document.trigger is None:
        raise BadRule(document.problems.found)
    return Loaded(rule, version, document, actor)


def dry_run(
    *, rule: Rule, since: dt.datetime, until: dt.datetime, version: RuleVersion | None = None, most: int = MOST_MATCHES
) -> DryRun:
    """Try a version of a rule, the latest unless given, on what happened between two moments; nothing is written (W7).

    Matches with the values seen and what each step would have done at first order; misses with their reasons; rules that it
    may have set off. Raises BadRule for a version that cannot be read.
    """
    walk = Walk(load_version(rule, version or rule.latest), since, until, most)
    while walk.step():
        pass
    return walk.result


class Walk:
    """A dry run on its way, some hundred moments at a time: between two steps its caller may write down how far it is."""

    def __init__(self, loaded: Loaded, since: dt.datetime, until: dt.datetime, most: int = MOST_MATCHES) -> None:
        self.loaded, self.most = loaded, most
        self.result = DryRun(since, until)
        self.total = 0
        writes = any(each.action.writes for each in loaded.document.steps)
        self._judge = Judge(loaded, self.result, self._plan, writes and bool(loaded.document.kind))
        self._pools = RememberedPools(before=since)
        self._known: dict[Any, Any] = {}
        self._batches: Iterator[list[Asked]] | None = None

    def step(self) -> bool:
        """Go one step on; return whether there may be more. `total` moments are known from the first step on."""
        with reading_only():
            if self._batches is None:
                self._batches = self._begin()
            batch = next(self._batches, None)
            if batch is None:
                return False
            self._judge.ask(batch)
        self.result.truncated = len(self.result.matches) >= self.most
        return not self.result.truncated

    def _plan(self, found: list[Found]) -> None:
        plan_steps(self.loaded, found, self._pools, self._known, self._judge.overlay if self._judge.writes else None)

    def _begin(self) -> Iterator[list[Asked]]:
        since, until = self.result.since, self.result.until
        self.result.sets_off = may_set_off(self.loaded)
        trigger = self.loaded.document.trigger
        if trigger is not None and trigger.timed:
            found = asked_by_time(self.loaded, since, until)
            self.total = len(found)
            return iter([found[start : start + BATCH] for start in range(0, len(found), BATCH)])
        self.total = heard(self.loaded, since, until).count()
        return asked_by_events(self.loaded, since, until)


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
