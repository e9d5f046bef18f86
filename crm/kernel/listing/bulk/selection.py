"""Which records a bulk run is about: written down, one row each, before anything is changed."""

from django.db import connection

from crm.kernel.core.changes import Actor
from crm.kernel.listing.selection import Selection

from .models import BulkItem, BulkRun


def freeze(run: BulkRun, actor: Actor) -> int:
    """Write down the selected records that their person may see now (U3), in one statement; return how many.

    They come in the order of their ids, in which all commands lock. Chosen ids that are hidden or gone are written down
    too: their person is told that there is no such record.
    """
    selection = Selection.from_json(run.selection)
    if not selection.all:
        items = [BulkItem(run=run, record_id=pk) for pk in sorted(selection.ids)]
        return len(BulkItem.objects.bulk_create(items))
    sql, parameters = selection.rows(actor).order_by("pk").values("pk").query.sql_with_params()
    table = connection.ops.quote_name(BulkItem._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (run_id, record_id, outcome, message, hidden)"
            f" SELECT %s, found.id, '', '', false FROM ({sql}) found(id) ON CONFLICT DO NOTHING",
            [run.pk, *parameters],
        )
        return int(cursor.rowcount)
