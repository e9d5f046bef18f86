"""What changed in the open pipeline between two days: start + changes = end (N1, N8)."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from .dimensions import Dimension
from .facts import with_facts
from .figures import register_dimension, register_number

BUCKETS = ("start", "created", "entered", "grew", "same", "shrank", "left", "won", "lost", "end", "slipped")
BUCKET = Dimension("bucket_of_change", _("Change"), "c.bucket")
WORDS = _(
    "The open deals of the first day and those of the last, deal by deal: created, entered (reopened, or come over from "
    "elsewhere), left (deleted, or gone elsewhere), won, lost, grown or shrunk in amount (or by exchange rates). Start and "
    "changes sum to the end: who was won, lost or has left takes along what it was worth on the first day, and deals that came "
    "and closed in between are in no row. Slipped: open on both days and expected later than before; it changes no sum."
)
_THEN = (
    with_facts("SELECT f.id, f.value, f.expected_close FROM facts f WHERE f.kind = 'open'", then=True)
    .replace("%(at)s", "%(since_at)s")
    .replace("%(day)s", "%(since)s")
)
_BUCKETS = """SELECT COALESCE(a.id, b.id) AS id, COALESCE(a.value, 0) AS before,
    CASE WHEN b.kind = 'open' THEN COALESCE(b.value, 0) ELSE 0 END AS after,
    a.id IS NOT NULL AS stood, COALESCE(b.kind = 'open', false) AS stands,
    a.id IS NOT NULL AND b.kind = 'open' AND b.expected_close > a.expected_close AS slipped,
    CASE WHEN a.id IS NULL THEN CASE WHEN b.created_at > %(since_at)s THEN 'created' ELSE 'entered' END
        WHEN b.id IS NULL THEN 'left' WHEN b.kind <> 'open' THEN b.kind
        WHEN COALESCE(b.value, 0) > COALESCE(a.value, 0) THEN 'grew'
        WHEN COALESCE(b.value, 0) < COALESCE(a.value, 0) THEN 'shrank' ELSE 'same' END AS bucket
FROM a FULL JOIN b ON a.id = b.id WHERE a.id IS NOT NULL OR b.kind = 'open'"""


def _relation(*, then: bool) -> str:
    now = with_facts("SELECT f.id, f.kind, f.value, f.expected_close, f.created_at FROM facts f", then=then)
    return f"WITH a AS ({_THEN}), b AS ({now}), c AS MATERIALIZED ({_BUCKETS})"


class PipelineChange:
    """The number: rows of bucket, deals, amount; and the deals behind a bucket."""

    key = "change"
    label = _("Pipeline change")
    rule = "N1, N8"
    words = WORDS

    def statement(self, *, then: bool) -> str:
        """Return the statement of (bucket, deals, amount). Besides `Window.params` it names `since` and `since_at`."""
        return (
            f"{_relation(then=then)} SELECT bucket, count(*), sum(after - before) FROM c GROUP BY 1"
            " UNION ALL SELECT 'start', count(*) FILTER (WHERE stood), COALESCE(sum(before) FILTER (WHERE stood), 0) FROM c"
            " UNION ALL SELECT 'end', count(*) FILTER (WHERE stands), COALESCE(sum(after) FILTER (WHERE stands), 0) FROM c"
            " UNION ALL SELECT 'slipped', count(*) FILTER (WHERE slipped),"
            " COALESCE(sum(after) FILTER (WHERE slipped), 0) FROM c"
        )

    def ids(self, marks: Sequence[Dimension], *, then: bool) -> str:
        """Return the statement of the ids behind a bucket."""
        where = (
            "CASE %(is_bucket_of_change)s::text WHEN 'start' THEN c.stood WHEN 'end' THEN c.stands WHEN 'slipped' THEN c.slipped"
            " ELSE c.bucket = %(is_bucket_of_change)s::text END"
            if BUCKET in marks
            else "true"
        )
        return f"{_relation(then=then)} SELECT c.id FROM c WHERE {where}"


CHANGE = PipelineChange()
register_number(CHANGE.key, lambda: CHANGE)
register_dimension(BUCKET)
