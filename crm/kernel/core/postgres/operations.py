"""Flushing, as the owner: the application's role may neither TRUNCATE nor empty its history."""

from collections.abc import Iterable

from django.db.backends.postgresql import operations

# Row of pg_trigger.tgtype: 32 is the bit for TRUNCATE.
TRUNCATE_GUARDS = """
    SELECT format('ALTER TABLE %%I.%%I %%s TRIGGER %%I', n.nspname, c.relname, %s::text, t.tgname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgtype & 32 <> 0 AND n.nspname = 'public'
    ORDER BY 1
"""


class DatabaseOperations(operations.DatabaseOperations):
    """Django's operations, with a flush that works on append-only tables."""

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Run the flush as the owner, with the triggers that forbid TRUNCATE off for its transaction."""
        with self.connection.as_owner():
            super().execute_sql_flush([*self._guards("DISABLE"), *sql_list, *self._guards("ENABLE")])

    def _guards(self, action: str) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(TRUNCATE_GUARDS, [action])
            return [row[0] for row in cursor.fetchall()]
