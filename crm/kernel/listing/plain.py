"""Columns for plain values of records, each with an order that needs no index: for the columns that people can add."""

from typing import Any

from django.db.models import F, TextField, Value
from django.db.models.functions import Lower, NullIf
from django.utils.formats import number_format
from django.utils.safestring import mark_safe

from crm.kernel.core.html import escape

from .columns import Cell, Column, Row, ago_cell, badge, day_cell, tags_html, text
from .sorting import Sort


def text_column(key: str, label: Any, column: str = "", *, cell: Cell | None = None, **options: Any) -> Column:
    """Return a column of words; its order minds no case and has empty values last."""
    name = column or key
    by = NullIf(Lower(F(name)), Value(""), output_field=TextField())
    order = Sort(key, label, f"_by_{key}", nullable=True, indexed=False, field=TextField(), expression=by)
    return Column(key, label, (name,), cell or text(name), sort=key, order=order, **options)


def number_column(key: str, label: Any, column: str = "", *, cell: Cell | None = None, **options: Any) -> Column:
    """Return a column of numbers, the greatest first."""
    name = column or key
    order = Sort(key, label, name, descending=True, nullable=True, indexed=False)
    return Column(key, label, (name,), cell or number_cell(name), sort=key, order=order, css="num", **options)


def number_cell(name: str) -> Cell:
    """Return a cell with a number, nothing for none or zero."""
    return lambda row, page: str(number_format(row[name], force_grouping=True)) if row[name] else ""


def day_column(key: str, label: Any, column: str = "", **options: Any) -> Column:
    """Return a column of days, the latest first."""
    name = column or key
    order = Sort(key, label, name, descending=True, nullable=True, indexed=False, field=options.pop("field", None))
    return Column(key, label, (name,), day_cell(name), sort=key, order=order, **options)


def ago_column(key: str, label: Any, column: str = "", **options: Any) -> Column:
    """Return a column that says how long ago something was."""
    name = column or key
    order = Sort(key, label, name, descending=True, nullable=True, indexed=False)
    return Column(key, label, (name,), ago_cell(name), sort=key, order=order, **options)


def choice_column(key: str, label: Any, choices: Any, column: str = "", **options: Any) -> Column:
    """Return a column with the label of one of a closed list."""
    name = column or key
    labels = dict(choices)

    def cell(row: Row, page: Any) -> str:
        return str(labels.get(row[name], row[name])) if row[name] not in (None, "") else ""

    return Column(key, label, (name,), cell, **options)


def yes_column(key: str, label: Any, column: str = "", *, tone: str = "", **options: Any) -> Column:
    """Return a column with a badge where something is ticked."""
    name = column or key
    return Column(key, label, (name,), lambda row, page: badge(label, tone) if row[name] else "", **options)


def tags_column(**options: Any) -> Column:
    """Return the column of tags."""
    return Column("tags", options.pop("label"), ("tags",), lambda row, page: tags_html(row["tags"]), **options)


def link_column(key: str, label: Any, column: str = "", **options: Any) -> Column:
    """Return a column with a web address."""
    name = column or key

    def cell(row: Row, page: Any) -> str:
        address = row[name]
        if not address:
            return ""
        words = address.removeprefix("https://").removeprefix("http://").rstrip("/")
        return mark_safe(f'<a class="link-quiet clip" href="{escape(address)}" rel="noopener">{escape(words)}</a>')

    return text_column(key, label, column, cell=cell, **options)
