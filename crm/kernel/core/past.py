"""How history says what held at a moment (N8): parts of statements over a history `h` at `%(at)s`."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

# The record that held then: of those of that time the one written last, since a record is the whole row and one that was
# dated back later knows more; where there is none yet, the first one after (N8).
NEAREST = """(h.pgh_created_at <= %(at)s) DESC, CASE WHEN h.pgh_created_at <= %(at)s THEN -h.pgh_id END,
    h.pgh_created_at, h.pgh_id"""

# Imports that stand undone are as if they had never been (N8). Few rows, asked for once a statement.
UNDONE = (
    """ARRAY(SELECT c.id FROM audit_changeset c WHERE c.command = 'imports.run' AND NOT public.audit_stands(c.id))"""
)
IN_FORCE = f"(h.pgh_context_id = ANY({UNDONE})) IS NOT TRUE"


def held(history: str, of: str) -> str:
    """Return the select of the record of the row `of` that held at the moment, for a LATERAL."""
    return f"SELECT * FROM {history} h WHERE h.pgh_obj_id = {of} AND {IN_FORCE} ORDER BY {NEAREST} LIMIT 1"


def statement_of(rows: QuerySet[Any], *columns: str) -> tuple[str, list[Any]]:
    """Return the statement of some columns of a query set, also of one that Django knows to be empty."""
    rows = rows.order_by().values(*columns)
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:  # such as of somebody who may see nothing
        sql, params = (
            rows.model._base_manager.filter(RawSQL("false", (), BooleanField()))
            .values(*columns)
            .query.sql_with_params()
        )
    return sql, list(params)


def positional(statement: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return a statement with named parameters as one with positional ones, as query sets need it."""
    order: list[Any] = []

    class Taking(dict[str, Any]):
        def __getitem__(self, name: str) -> str:
            order.append(params[name])
            return "%s"

    return statement % Taking(), order


__all__ = ["IN_FORCE", "NEAREST", "UNDONE", "held", "positional", "statement_of"]
