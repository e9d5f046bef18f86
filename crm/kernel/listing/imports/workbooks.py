"""Workbooks (XLSX): the first sheet becomes the CSV file that the import reads, as it comes in.

Values are written as our own export writes them: days and instants in ISO, numbers with a point, yes and no.
"""

import csv
import datetime as dt
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from crm.kernel.core.errors import Refused

MAX_BYTES = 25 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024  # the packed size says little
AT_ONCE = 500 * 1024  # about 8,000 rows, read in a second and a half; a worker reads larger ones
TICK = 1000  # rows
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
)


def is_workbook(path: Path) -> bool:
    """Say whether a file is an XLSX workbook, whatever its name says."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def check_size(path: Path) -> None:
    """Raise Refused, in words, for a workbook that is too large, packed or unpacked."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(each.file_size for each in archive.infolist())
    if path.stat().st_size > MAX_BYTES or unpacked > MAX_UNPACKED:
        raise Refused(_("The workbook is larger than 25 MB. Save it as “CSV UTF-8” and choose that."))


def no_tick(_rows: int) -> None:
    """Tell nobody."""


def to_csv(path: Path, tick: Callable[[int], None] = no_tick) -> None:
    """Put the first sheet as a CSV file into the workbook's place; `tick` is told how many rows are read.

    Raises Refused, in words, for one that is too large, locked, or cannot be read, and what `tick` raises.
    """
    check_size(path)
    part = path.with_suffix(".part")
    try:
        with path.open("rb") as source:  # by its content: its name may say CSV
            _write(source, part, tick)
        part.replace(path)
    except BROKEN as error:
        raise Refused(_("This workbook cannot be read. Save it as “CSV UTF-8” and choose that.")) from error
    finally:
        part.unlink(missing_ok=True)


def _write(source: BinaryIO, target: Path, tick: Callable[[int], None]) -> None:
    from openpyxl import load_workbook  # here, since it takes 30 MB in a process that never reads one

    book = load_workbook(source, read_only=True, data_only=True)
    try:
        sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
        if sheet is None:
            raise Refused(_("The file is empty."))
        sheet.reset_dimensions()  # some programs write wrong ones
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for count, row in enumerate(_even(sheet.iter_rows(values_only=True))):
                writer.writerow(row)
                if count % TICK == 0:
                    tick(count)
    finally:
        book.close()


def _even(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    """Yield rows as wide as the heading, the first one that holds anything: a sheet leaves empty cells at the end out."""
    width = 0
    for row in rows:
        cells = [_text(value) for value in row]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        width = width or len(cells)
        if any(cells):
            yield cells + [""] * (width - len(cells))


def _text(value: Any) -> str:
    """Return a cell as the import reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < 1e15 and "e" not in f"{value:.15g}" else f"{value:f}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value).replace("\0", "")
