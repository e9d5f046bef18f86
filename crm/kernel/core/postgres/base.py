"""The database wrapper: connects as the application's role, or as the owner where tables are made.

With an empty HOST the embedded server is started by the first connection. Which roles there are:
embedded, `crm_app` and `crm_owner`; on another server the role in DATABASE_URL and the one in DATABASE_OWNER_URL.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import environ
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from .creation import DatabaseCreation
from .operations import DatabaseOperations
from .server import APP_ROLE, OWNER_ROLE, EmbeddedServer

TESTING = "CRM_TESTING"  # environment variable: use the disposable cluster


def embedded_server() -> EmbeddedServer:
    """Return the embedded server of this installation, or the disposable one while tests run."""
    return _embedded_server(os.environ.get(TESTING) == "1")


@cache
def _embedded_server(testing: bool) -> EmbeddedServer:
    # Once for the life of the process: where the data are does not change under a running server.
    name = "postgres-test" if testing else "postgres"
    return EmbeddedServer(Path(settings.VAR_DIR) / name, disposable=testing)


def wrapper(alias: str = DEFAULT_DB_ALIAS) -> "DatabaseWrapper":
    """Return this thread's connection as what it is, for what Django's own type does not have."""
    return cast(DatabaseWrapper, connections[alias])


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL wrapper with an embedded server and an owner mode."""

    creation_class = DatabaseCreation
    ops_class = DatabaseOperations
    _owner_mode = False

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded server's."""
        return not self.settings_dict["HOST"]

    @property
    def acts_as_owner(self) -> bool:
        """Whether this connection is the owner's; the one without a database creates and drops databases."""
        return self._owner_mode or self.alias == NO_DB_ALIAS

    @property
    def app_role(self) -> str:
        """The role that the application runs as."""
        return APP_ROLE if self.embedded else self.settings_dict["USER"]

    @property
    def owner_role(self) -> str:
        """The role that owns the tables; the application's own if no other was given."""
        if self.embedded:
            return OWNER_ROLE
        return self._owner_params().get("user") or self.app_role

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Let this connection act as the owner of the tables inside the block.

        Raises ImproperlyConfigured inside a transaction, which could not follow to the other role.
        """
        if self.acts_as_owner:
            yield
            return
        if self.in_atomic_block:
            raise ImproperlyConfigured("The owner's role cannot be taken in the middle of a transaction.")
        self.close()
        self._owner_mode = True
        try:
            yield
        finally:
            self.close()
            self._owner_mode = False

    def owner_connection(self) -> "DatabaseWrapper":
        """Return a second connection, acting as the owner, to the same database. The caller closes it."""
        other = self.copy()
        other._owner_mode = True
        return other

    @property
    def pool(self) -> Any:
        """The pool of the application's connections: a pool belongs to one role, the owner goes without."""
        return None if self.acts_as_owner else super().pool

    def close_pool(self) -> None:
        """Close the pool if there is one, without opening the server for it."""
        if pool := self._connection_pools.pop(self.alias, None):
            pool.close()

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg needs, starting the embedded server if HOST is empty."""
        params: dict[str, Any] = super().get_connection_params()
        if self.embedded:
            server = embedded_server()
            server.ensure_running()
            params["host"] = str(server.socket_dir)
            params["user"] = OWNER_ROLE if self.acts_as_owner else APP_ROLE
        elif self.acts_as_owner:
            params.update(self._owner_params())
        return params

    def _owner_params(self) -> dict[str, Any]:
        if not settings.DATABASE_OWNER_URL:
            return {}
        owner = environ.Env.db_url_config(settings.DATABASE_OWNER_URL)
        names = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        return {name: owner[key] for name, key in names.items() if owner.get(key)}
