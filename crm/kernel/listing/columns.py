"""Columns of a list: which values a cell needs and how it is written.

Cells are built in Python, since template nodes are slow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, escape

from .sorting import Sort

if TYPE_CHECKING:
    from .lists import ListPage

Row = Mapping[str, Any]
Cell = Callable[[Row, "ListPage"], str]


@dataclass(frozen=True, slots=True)
class Total:
    """What a column adds up to: a column or an expression, its currency, and both as `read(row)` finds them in a row."""

    amount: Any
    read: Callable[[Row], tuple[Decimal | None, str]]
    currency: Any = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `fields` are the names that `cell(row, page)` reads from the row (as in `.values()`).

    A cell returns safe HTML or plain text, which is escaped. `sort` is the key of the list's sort that the head offers.
    `order` is a sort that comes with the column. A `fixed` column stands last and cannot be hidden: buttons.
    `total` is what the row of totals adds up, `edit` the key of the record's field that the cell edits.
    `phone` is the cell's place in the two-line row of a phone: `main`, `sub`, `end`, `sub-end`, `lead` or nothing
    (hidden).
    """

    key: str
    label: str | Promise
    fields: tuple[str, ...]
    cell: Cell
    sort: str = ""
    phone: str = ""
    css: str = ""
    total: Total | None = None
    edit: str = ""
    custom: bool = False
    order: Sort | None = None
    fixed: bool = False

    def opening(self, phone: str) -> str:
        """Return the opening tag of the column's cells; `phone` is their place on a phone."""
        place = "" if not phone else " data-m" if phone == "main" else f' data-m="{phone}"'
        css = f' class="{self.css}"' if self.css else ""
        edit = f' data-edit="{self.edit}"' if self.edit else ""
        return f"<td{css}{place}{edit}>"


# The places of a phone's two lines that are filled by other columns when their own is not shown.
PLACES = ("end", "sub", "sub-end")


def phone_places(columns: "Sequence[Column]") -> list[str]:
    """Return each column's place on a phone: the first is the name, free places go to the next that have none."""
    taken = {column.phone for column in columns}
    free = [place for place in PLACES if place not in taken]
    found = []
    for index, column in enumerate(columns):
        place = "main" if index == 0 else column.phone
        found.append(place or (free.pop(0) if free else ""))
    return found


def text(name: str) -> Cell:
    """Return a cell that writes a plain value."""
    return lambda row, page: str(row[name] or "")


def link(url: str, words: str) -> SafeString:
    """Return the row's link: J and K walk from one to the next, Enter follows it."""
    return mark_safe(f'<a class="cell-main clip" data-row-link href="{escape(url)}">{escape(words)}</a>')


def ago_cell(name: str) -> Cell:
    """Return a cell that says how long ago an instant was, in full on hover."""

    def cell(row: Row, page: "ListPage") -> str:
        at = row[name]
        return time_html(at, formats.ago(at)) if at else ""

    return cell


def day_cell(name: str) -> Cell:
    """Return a cell that writes a date, or the day of an instant."""

    def cell(row: Row, page: "ListPage") -> str:
        at = row[name]
        return time_html(at, formats.day(at)) if at else ""

    return cell


def time_html(at: Any, words: str) -> SafeString:
    """Return a `<time>` element; an instant has its full date and zone on hover."""
    title = f' title="{escape(formats.full(at))}"' if isinstance(at, datetime) else ""
    return mark_safe(f'<time datetime="{at.isoformat()}"{title}>{escape(words)}</time>')


def person_cell(prefix: str = "owner") -> Cell:
    """Return a cell with a colleague's avatar and first name; it reads `<prefix>_id` and `<prefix>__name`."""
    key, name = f"{prefix}_id", f"{prefix}__name"

    def cell(row: Row, page: "ListPage") -> str:
        if not row[key]:
            return mark_safe(f'<span class="dim">{escape(_("Nobody"))}</span>')
        return mark_safe(
            f'<span class="row">{avatar_html(row[name], row[key], "xs")}<span class="clip">'
            f"{escape(row[name].split(' ')[0])}</span></span>"
        )

    return cell


def person_column(key: str = "owner", label: Any = "", **options: Any) -> Column:
    """Return a column with a colleague."""
    return Column(key, label, (f"{key}_id", f"{key}__name"), person_cell(key), **options)


def tags_html(tags: list[str], most: int = 3) -> SafeString:
    """Return tags as badges, the first few and how many more there are."""
    shown = "".join(f'<span class="badge">{escape(tag)}</span>' for tag in tags[:most])
    more = f'<span class="dim xs">+{len(tags) - most}</span>' if len(tags) > most else ""
    return mark_safe(f'<span class="row">{shown}{more}</span>' if shown else "")


def badge(words: Any, tone: str = "") -> SafeString:
    """Return a badge; tones are ok, warn, bad, accent, outline."""
    attribute = f' data-tone="{tone}"' if tone else ""
    return mark_safe(f'<span class="badge"{attribute}>{escape(words)}</span>')


def lead_html(row: Row, page: "ListPage") -> str:
    """Return the first cell of a row: its tick box, where there are bulk actions, and its picture."""
    picture = page.picture.cell(row, page) if page.picture else ""
    if not page.selectable:
        return f'<td class="cell-check" data-m="lead">{picture}</td>' if picture else ""
    label = escape(_("Select %(name)s") % {"name": page.row_name(row)})
    place = ' data-m="lead"' if picture else ""  # a phone has no boxes
    return (
        f'<td class="cell-check"{place}><span class="row"><input class="check only-wide-check" type="checkbox"'
        f' name="ids" value="{row["pk"]}" form="bulk-form" data-row-check aria-label="{label}">{picture}</span></td>'
    )


def row_html(row: Row, columns: list[tuple[str, Cell]], page: "ListPage") -> str:
    """Return a row of the table; `columns` holds each column's opening tag and cell."""
    parts = [f'<tr id="row-{row["pk"]}" data-row>', lead_html(row, page)]
    for opening, cell in columns:
        shown = cell(row, page)
        parts += (opening, shown if isinstance(shown, SafeString) else escape(shown), "</td>")
    return "".join([*parts, "</tr>"])
