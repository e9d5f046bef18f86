"""Celery's broker in the same PostgreSQL (PGMQ), reached like the database itself.

The connection string is asked for when the first message is sent or awaited, not when the settings are read: only then
is the embedded server running, and only then is a test's database known.
"""

from typing import Any

import psycopg
from django.db import connection
from kombu.transport import TRANSPORT_ALIASES, pgmq

SCHEME = "crm-pgmq"
NAMES = ("host", "port", "user", "password", "dbname")


def conninfo() -> str:
    """Return libpq's connection string to the default database as the application's role."""
    params = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(**{name: params[name] for name in NAMES if params.get(name)})


class Transport(pgmq.Transport):
    """Kombu's PGMQ transport on Django's default database."""

    def _create_pgmq_client(self) -> Any:
        self.client.transport_options["conn_string"] = conninfo()
        return super()._create_pgmq_client()


def register() -> str:
    """Make the transport known to kombu and return its broker URL."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    return f"{SCHEME}://"
