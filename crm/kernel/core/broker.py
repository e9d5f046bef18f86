"""Celery's broker in the same PostgreSQL (PGMQ), reached like the database itself.

The connection string is asked for when the first message is sent or awaited, not when the settings are read: only then
is the embedded server running, and only then is a test's database known.
"""

from typing import Any

import pgmq
import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import pgmq as kombu_pgmq

SCHEME = "crm-pgmq"
NAMES = ("host", "port", "user", "password", "dbname")


def conninfo() -> str:
    """Return libpq's connection string to the default database as the application's role."""
    params = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(**{name: params[name] for name in NAMES if params.get(name)})


class Transport(kombu_pgmq.Transport):
    """Kombu's PGMQ transport on Django's default database."""

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Wait for a message, half a second at most: a worker that was told to stop only looks up in between."""
        super().drain_events(connection, timeout=min(timeout or 0.5, 0.5))

    def _create_pgmq_client(self) -> Any:
        self.client.transport_options["conn_string"] = conninfo()
        return super()._create_pgmq_client()


def register() -> str:
    """Make the transport known to kombu and return its broker URL."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    return f"{SCHEME}://postgresql"  # any host: kombu wants one, the transport ignores it


def install(cursor: Any) -> None:
    """Install the queue's SQL as the owner, unless an extension or an earlier run has done so: it cannot run twice."""
    cursor.execute("SELECT to_regclass('pgmq.meta') IS NOT NULL")
    if not cursor.fetchone()[0]:
        cursor.execute(pgmq.get_embedded_install_sql())


def problem() -> str:
    """Say why no message could be sent, or return an empty string."""
    try:
        if settings.REDIS_URL:
            with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
                client.ping()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pgmq.meta")
    except (redis.RedisError, DatabaseError) as error:
        return str(error).strip().splitlines()[0]
    return ""
