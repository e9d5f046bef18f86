"""What must hold after the kills: nothing lost, nothing doubled, nothing stuck. Each check returns what is wrong, in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count

from activities.mail.models import OutgoingMail
from activities.models import Activity, Task
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.history import history_of
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from deals.models import Deal, StageChange
from workflows.models import Assignment, Run, Step
from workflows.webhooks.models import Delivery

from .receivers import Hook, MailBox
from .world import World

MOVED = "deal.stage_changed"
EDITS = ("update_field", "add_tag", "remove_tag", "move_stage")


def is_subsequence(part: list[UUID], whole: list[UUID]) -> bool:
    """Say whether `part` stands in `whole` in this order, with others between."""
    rest = iter(whole)
    return all(item in rest for item in part)


def differences(what: str, wanted: Iterable[Any], found: Iterable[Any]) -> list[str]:
    """Say what is missing and what is too many, each counted as often as it comes."""
    want, have = Counter(wanted), Counter(found)
    lost, more = want - have, have - want
    said = [f"{what}: {lost.total()} missing, such as {next(iter(lost))}"] if lost else []
    return said + ([f"{what}: {more.total()} too many, such as {next(iter(more))}"] if more else [])


def check_all(world: World, acknowledged: Mapping[UUID, list[UUID]], box: MailBox, hook: Hook) -> list[str]:
    """Return all that is wrong."""
    found = [*check_rest(), *check_moves(acknowledged), *check_runs(world)]
    return [*found, *check_effects(world), *check_deliveries(box, hook)]


def check_moves(acknowledged: Mapping[UUID, list[UUID]]) -> list[str]:
    """Each acknowledged move is one visit, with one timeline entry and one event, and visits join (P3, P9, W2)."""
    wrong = []
    moves = StageChange.objects.filter(from_stage__isnull=False)
    for deal, targets in acknowledged.items():
        if not is_subsequence(targets, list(moves.filter(deal=deal).order_by("at").values_list("to_stage", flat=True))):
            wrong.append(f"deal {deal}: an acknowledged move is missing")
    ids = [str(pk) for pk in moves.values_list("pk", flat=True)]
    told = Event.objects.filter(name=MOVED).values_list("data__stage_change_id", flat=True)
    wrong += differences("events of moves", ids, told)
    entries = Activity.objects.filter(stage_change__in=moves).values_list("stage_change", flat=True)
    wrong += differences("timeline entries of moves", ids, map(str, entries))
    for deal in Deal.objects.all():
        visits = list(StageChange.objects.for_deal(deal))
        if [v.until for v in visits] != [*(v.at for v in visits[1:]), None] or visits[-1].to_stage_id != deal.stage_id:
            wrong.append(f"deal {deal.pk}: its visits do not join")
    return wrong


def check_rest() -> list[str]:
    """Nothing waits, nothing is given up, nothing stands as being under way."""
    left = {
        "events waiting": Event.objects.waiting(),
        "events given up": Event.objects.filter(failed_at__isnull=False),
        "runs under way": Run.objects.pending(),
        "runs that ended badly": Run.objects.exclude(state__in=["done", *Run.PENDING]).exclude(cause="loop"),
        "mails not sent": OutgoingMail.objects.exclude(state="sent"),
        "webhooks not delivered": Delivery.objects.exclude(state="delivered"),
    }
    return [f"{rows.count()} {what}, such as {rows.values()[0]}" for what, rows in left.items() if rows.exists()]


def check_runs(world: World) -> list[str]:
    """Each event has met each rule that hears it once, and each step of each run has been done once (W3)."""
    wrong = []
    for name, rule in world.rules.items():
        events = Event.objects.filter(recorded_at__gte=rule.live_since)
        if name == "given":
            events = events.filter(name="deal.changed", data__fields__contains=["owner"])
        else:
            events = events.filter(name=MOVED)
            if stage := world.heard[name]:
                moves = StageChange.objects.filter(to_stage=stage, from_stage__isnull=False)
                events = events.filter(data__stage_change_id__in=[str(pk) for pk in moves.values_list("pk", flat=True)])
        runs = Run.objects.filter(rule=rule)
        wrong += differences(
            f"runs of “{name}”", events.values_list("pk", flat=True), runs.values_list("event_id", flat=True)
        )
        count = len(rule.current.document["steps"])
        odd = runs.filter(state="done").annotate(n=Count("steps")).exclude(n=count)
        if odd.exists():
            wrong.append(f"{odd.count()} runs of “{name}” have not as many steps as the rule")
    return wrong


def done(*actions: str) -> Any:
    """Return the steps of these actions that have had an effect."""
    return Step.objects.filter(action__in=actions, state=Step.State.DONE)


def check_effects(world: World) -> Iterator[str]:
    """Each step's effect in the database is there once, and no effect is there without its step (W3)."""
    tasks = done("create_task").values_list("result__task", flat=True)
    yield from differences("tasks", tasks, map(str, Task.objects.values_list("pk", flat=True)))
    deals = [*done("create_deal").values_list("result__deal", flat=True), *map(str, world.deals)]
    yield from differences("deals", deals, map(str, Deal.objects.values_list("pk", flat=True)))
    told = [f"{run}:{index}" for run, index in done("notify").values_list("run", "index")]
    keys = Notification.objects.filter(topic="workflow").values_list("key", flat=True)
    yield from differences(
        "notifications", told, [key.removeprefix("run:").rsplit(":", key.count(":") - 2)[0] for key in keys]
    )
    yield from differences(
        "assignments", done("assign").values_list("run", flat=True), Assignment.objects.values_list("run_id", flat=True)
    )
    sets = ChangeSet.objects.filter(command="workflows.run").values("pk")
    writes = history_of(Deal).objects.filter(pgh_context__in=sets, pgh_label="update")
    giving = done("assign").values("run__changeset_id")  # to the present owner it changes nothing
    edits = done(*EDITS).values_list("run__changeset_id", "run__record_id")
    yield from differences(
        "changes of deals", edits, writes.exclude(pgh_context__in=giving).values_list("pgh_context", "pgh_obj_id")
    )
    given = Event.objects.filter(name="deal.changed", data__fields__contains=["owner"], changeset_id__in=giving)
    yield from differences(
        "changes of owners",
        given.values_list("changeset_id", "subject_id"),
        writes.filter(pgh_context__in=giving).values_list("pgh_context", "pgh_obj_id"),
    )


def check_deliveries(box: MailBox, hook: Hook) -> Iterator[str]:
    """Each mail and each webhook arrived at least once, and again only as itself (W3)."""
    mails = list(OutgoingMail.objects.filter(key__startswith="run:").values_list("pk", flat=True))
    yield from differences("mails", done("send_email").values_list("result__mail", flat=True), map(str, mails))
    ids = OutgoingMail.objects.values_list("message_id", flat=True)
    yield from differences("Message-IDs that arrived", ids, box.arrived.keys())
    written = Activity.objects.filter(type="email").count()
    if written != len(mails):
        yield f"{written} e-mails on timelines for {len(mails)} sent"
    calls = Delivery.objects.values_list("pk", flat=True)
    yield from differences("webhooks", done("call_webhook").values_list("result__delivery", flat=True), map(str, calls))
    keys = Delivery.objects.values_list("message_id", flat=True)
    yield from differences("idempotency keys that arrived", keys, (key for key, _body in hook.arrived))


def figures(world: World, box: MailBox, hook: Hook) -> list[tuple[str, Any]]:
    """Return what happened, for the table."""
    runs = Run.objects
    rows: list[tuple[str, Any]] = [
        ("moves (visits)", StageChange.objects.filter(from_stage__isnull=False).count()),
        ("events, all worked off", Event.objects.filter(processed_at__isnull=False).count()),
        ("runs of rules", runs.count()),
        ("of them in chains", runs.filter(depth__gt=0).count()),
        ("of them stopped as loops", runs.filter(cause="loop").count()),
    ]
    for action, count in (
        Step.objects.filter(state="done").values_list("action").annotate(n=Count("pk")).order_by("action")
    ):
        rows.append((f"effects of {action}", count))
    rows.append(("waits that were woken", Step.objects.filter(action="wait").count()))
    rows.append(("mails that arrived (again under the same id)", _told(box.arrived)))
    rows.append(("webhooks that arrived (again under the same key)", _told(hook.arrived)))
    return rows


def _told(arrived: Counter[Any]) -> str:
    return f"{len(arrived)} ({arrived.total() - len(arrived)})"
