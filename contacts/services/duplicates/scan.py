"""A look at all records of a kind, for workers: read in chunks, compared slice by slice, stopped and resumed anywhere.

First every record's keys are stored (`keys`), then the range of keys is gone through in slices (`pairs`): each slice reads
the groups of records under one key. Nothing is held in memory but one chunk. Each step is one transaction with the resume
point (see `listing.runs`).
"""

from itertools import combinations
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contacts.models import DuplicatePair, DuplicateScan
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.listing.runs import check_resumable, end, hand_over, hold, keep_lease, stop_run, take_lease

from .finding import MODELS, judge, renew_keys, store_pairs
from .keys import MOST
from .profiles import load_profiles
from .rules import Rules, ordered, rules_for

WORK = "duplicates"
CHUNK, PAIRS = 2000, 4000
LEAST, MOST_SLICES = 4, 512
NOBODY = UUID(int=0)
LOWEST, SPAN = -(2**63), 2**64
GROUPS = """
SELECT array_agg(record_id) FROM contacts_duplicatekey
WHERE record_kind = %s AND key >= %s AND key <= %s GROUP BY key HAVING count(*) BETWEEN 2 AND %s
"""


@command("duplicates.scan")
def start_scan(*, kind: str, actor: Actor) -> DuplicateScan:
    """Have a worker look at all records of a kind. Raises PermissionDenied without the settings right, Refused if one
    runs."""
    actor.require_flag("settings")
    return _hand_over(DuplicateScan(record_kind=kind, user=actor.user, rows_total=_estimate(kind)), actor)


@command("duplicates.stop_scan")
def stop_scan(*, scan_id: UUID, actor: Actor) -> DuplicateScan:
    """Stop a scan after the step that is being done."""
    actor.require_flag("settings")
    scan: DuplicateScan = DuplicateScan.objects.select_for_update().get(pk=scan_id)
    stop_run(scan)
    return scan


@command("duplicates.resume_scan")
def resume_scan(*, scan_id: UUID, actor: Actor) -> DuplicateScan:
    """Go on with a stopped or failed scan where it stood."""
    actor.require_flag("settings")
    scan: DuplicateScan = DuplicateScan.objects.select_for_update().get(pk=scan_id)
    check_resumable(scan)
    return _hand_over(scan, actor)


def _hand_over(scan: DuplicateScan, actor: Actor) -> DuplicateScan:
    try:
        with transaction.atomic():
            hand_over(scan, WORK, actor)
    except IntegrityError as error:
        raise Refused(_("They are being looked at already.")) from error
    return scan


def latest_scans() -> dict[str, DuplicateScan]:
    """Return the latest scan of each kind; one query."""
    newest = DuplicateScan.objects.order_by("record_kind", "-created_at").distinct("record_kind")
    return {scan.record_kind: scan for scan in newest}


def _estimate(kind: str) -> int:
    """Return about how many records there are, without counting them."""
    table = MODELS[kind]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT GREATEST(reltuples, 0)::int FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def perform(scan: DuplicateScan) -> None:
    """Do a scan from where it stands to its end. May be called again at any time."""
    lease = take_lease(scan)
    rules = rules_for(scan.record_kind)
    while scan.phase == DuplicateScan.Phase.KEYS:
        _read_chunk(scan, lease, rules)
    while int(scan.position) < scan.rows_total:
        _compare_slice(scan, lease, rules)
    rows = DuplicatePair.objects.filter(record_kind=scan.record_kind)
    rows.filter(found_at__lt=scan.created_at).delete()  # nobody found them again
    end(scan, lease, DuplicateScan.State.DONE, counts={"found": rows.count()})


def _read_chunk(scan: DuplicateScan, lease: UUID, rules: Rules) -> None:
    """Store the keys of the next records; after the last one the comparing begins."""
    model = MODELS[scan.record_kind]
    rows = model.objects.live().filter(pk__gt=UUID(scan.position) if scan.position else NOBODY)
    with transaction.atomic():
        hold(scan, lease)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if ids:
            renew_keys(rules, load_profiles(rules, ids), ids)
            scan.position, scan.rows_done = str(ids[-1]), scan.rows_done + len(ids)
        else:
            scan.phase, scan.position = DuplicateScan.Phase.PAIRS, "0"
            slices = max(LEAST, min(MOST_SLICES, scan.rows_done // CHUNK))
            scan.rows_done, scan.rows_total = 0, slices
        _keep(scan, lease)


def _compare_slice(scan: DuplicateScan, lease: UUID, rules: Rules) -> None:
    """Compare the records under the next slice of keys."""
    number = int(scan.position)
    with transaction.atomic():
        hold(scan, lease)
        pairs = sorted(_pairs_under(scan.record_kind, number, scan.rows_total))
        for start in range(0, len(pairs), PAIRS):
            store_pairs(scan.record_kind, judge(rules, pairs[start : start + PAIRS]))
        scan.position, scan.rows_done = str(number + 1), number + 1
        _keep(scan, lease)


def _keep(scan: DuplicateScan, lease: UUID) -> None:
    names = ("phase", "position", "rows_done", "rows_total")
    keep_lease(scan, lease, **{name: getattr(scan, name) for name in names})


def _pairs_under(kind: str, number: int, slices: int) -> set[tuple[UUID, UUID]]:
    step = SPAN // slices + 1
    lowest = LOWEST + number * step
    with connection.cursor() as cursor:
        cursor.execute(GROUPS, [kind, lowest, min(lowest + step, -LOWEST) - 1, MOST])
        return {ordered(*pair) for (group,) in cursor.fetchall() for pair in combinations(set(group), 2)}
