"""CSV and XLSX, row by row. Text that a spreadsheet would calculate is guarded (`crm.kernel.core.csvs`)."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.core.csvs import SafeCell, csv_line, guarded

FORMATS = {
    "csv": _("CSV, divided by commas (UTF-8)"),
    "excel": _("CSV for Excel in Europe, divided by semicolons"),
    "xlsx": _("Excel workbook (XLSX)"),
}
MOST_XLSX = 1_000_000  # a sheet has room for 1,048,576 rows
# What a workbook cannot hold at all.
ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)}
Tick = Callable[[int], None]


def suffix(format: str) -> str:  # noqa: A002  the name of what it is
    """Return the ending of a file's name."""
    return "xlsx" if format == "xlsx" else "csv"


def csv_lines(headings: Iterable[str], rows: Iterable[list[Any]], *, excel: bool) -> Iterator[str]:
    """Yield a CSV file line by line, with the mark by which spreadsheets know UTF-8.

    Excel in Europe wants semicolons and takes a comma for the decimal mark, so numbers are written with one there.
    """
    delimiter = ";" if excel else ","
    yield csv_line(headings, delimiter=delimiter, mark=True)
    if not excel:
        for row in rows:
            yield csv_line(row)
        return
    for row in rows:
        yield csv_line([_european(cell) for cell in row], delimiter=delimiter)


def _european(cell: Any) -> Any:
    if isinstance(cell, float | Decimal):
        return SafeCell(format(Decimal(str(cell)), "f").replace(".", ","))
    return cell


def write_csv(path: Path, headings: Iterable[str], rows: Iterable[list[Any]], tick: Tick, *, excel: bool) -> int:
    """Write a CSV file; `tick(rows so far)` is called every thousand. Return the number of rows."""
    count = -1
    with path.open("w", encoding="utf-8", newline="") as file:
        for count, line in enumerate(csv_lines(headings, rows, excel=excel)):
            file.write(line)
            if count % 1000 == 0:
                tick(count)
    return max(count, 0)


def write_xlsx(path: Path, headings: list[str], rows: Iterable[list[Any]], tick: Tick) -> int:
    """Write a workbook of one sheet, row by row; numbers and dates keep their type, text is never a formula."""
    from openpyxl import Workbook  # here, since it takes 30 MB in a process that never writes one

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Export")
    sheet.freeze_panes = "A2"
    sheet.append([_cell(heading) for heading in headings])
    count = 0
    for count, row in enumerate(rows, 1):
        sheet.append([_cell(value) for value in row])
        if count % 1000 == 0:
            tick(count)
    book.save(path)
    return count


def _cell(value: Any) -> Any:
    """Return a cell. A text is stored as text, guarded as in CSV, since people save workbooks as CSV."""
    if isinstance(value, int | float | Decimal | dt.date):
        return value
    text = str(guarded(value)).translate(ILLEGAL)[:32_767]
    return text or None
