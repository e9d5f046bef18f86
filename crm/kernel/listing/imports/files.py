"""Reading of uploaded files: what they are, how they are encoded and divided, and their rows one by one.

Nothing here keeps a file in memory: a million rows are read as they come.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from crm.kernel.core.errors import Refused

MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 300
MAX_CELL = 200_000  # characters; a quote that is never closed would swallow the rest of the file
SAMPLE = 256 * 1024
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf-8-sig"), "UTF-8"),
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "UTF-16"),
    **dict.fromkeys(("cp1252", "latin-1"), "Latin-1"),
}
FORMATS = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "zip"),
    (b"7z\xbc\xaf", "zip"),
    (b"Rar!", "zip"),
    (b"SQLite format 3", "database"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a look at the whole file tells. `header` names each column once, `rows` counts what is below the heading."""

    encoding: str
    delimiter: str
    header: list[str]
    rows: int
    size: int
    digest: str


def inspect(path: Path, *, encoding: str = "", delimiter: str = "") -> FileFacts:
    """Find out encoding, delimiter, heading and number of rows. Raises Refused, in words, for what is no CSV file."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Refused(_("The file is larger than 200 MB. Divide it into several files."))
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    _refuse_other_formats(start)
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise Refused(_("The file is empty."))
    encoding = encoding or detect_encoding(path, start)
    delimiter = delimiter or detect_delimiter(_sample_text(start, encoding))
    header, rows = _count(path, encoding, delimiter)
    return FileFacts(encoding, delimiter, header, rows, size, _digest(path))


def _refuse_other_formats(start: bytes) -> None:
    """Raise Refused if the first bytes are those of another kind of file, whatever its name says."""
    found = next((name for magic, name in FORMATS if start.startswith(magic)), "")
    if found in ("zip", "excel"):
        raise Refused(
            _("This is an old Excel or ZIP file, not a CSV file. Open it, save it as “CSV UTF-8” and choose that.")
        )
    if found:
        raise Refused(_("This is not a CSV file. Export the data as CSV and choose that file."))


def detect_encoding(path: Path, start: bytes) -> str:
    """Return the encoding: by its mark, by where NULs lie (UTF-16), by whether all of it is UTF-8, else Latin-1."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    even, odd = start[0:4000:2].count(0), start[1:4000:2].count(0)
    half = max(len(start[:4000]) // 2, 1)
    if odd > half * 0.4 > even:
        return "utf-16-le"
    if even > half * 0.4 > odd:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _western(path)
    return "utf-8"


def _western(path: Path) -> str:
    """Return cp1252, which is what programs mean by Latin-1, unless the file has bytes that only Latin-1 knows."""
    undefined = frozenset(b"\x81\x8d\x8f\x90\x9d")
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if not undefined.isdisjoint(chunk):
                return "latin-1"
    return "cp1252"


def _sample_text(start: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    return text.rpartition("\n")[0] or text


def detect_delimiter(text: str) -> str:
    """Return the delimiter that divides the first rows most evenly into most columns."""
    best, score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            rows = [
                row for row, _line in zip(csv.reader(io.StringIO(text), delimiter=delimiter), range(60), strict=False)
            ]
        except csv.Error:
            continue
        rows = [row for row in rows if row]
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if even * len(rows[0]) > score:
            best, score = delimiter, even * len(rows[0])
    return best


def _count(path: Path, encoding: str, delimiter: str) -> tuple[list[str], int]:
    """Read the whole file once: return its heading and the number of rows below it."""
    rows = read_rows(path, encoding, delimiter)
    heading = next(rows, None)
    if heading is None:
        raise Refused(_("The file is empty."))
    count = 0
    for _number, _cells in rows:
        count += 1
        if count > MAX_ROWS:
            raise Refused(_("The file has more than 1,000,000 rows. Divide it into several files."))
    if count == 0:
        raise Refused(_("The file has a heading but no rows."))
    return _distinct(heading[1]), count


def _distinct(names: list[str]) -> list[str]:
    """Return the column names without blanks and doubles: a second `Name` becomes `Name (2)`."""
    while names and not names[-1].strip():
        names = names[:-1]
    if len(names) > MAX_COLUMNS:
        raise Refused(_("The file has more than 300 columns."))
    seen: dict[str, int] = {}
    result = []
    for position, raw in enumerate(names, 1):
        name = raw.replace("\0", "").strip()[:150] or _("Column %(number)d") % {"number": position}
        seen[name.casefold()] = again = seen.get(name.casefold(), 0) + 1
        result.append(name if again == 1 else f"{name} ({again})")
    return result


def read_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) for each row that is not blank. The heading is row 1, as in a spreadsheet.

    Raises Refused where the file cannot be read on, naming the row.
    """
    csv.field_size_limit(MAX_CELL)
    number = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Refused(
                    _("The file cannot be read after row %(row)d: a quotation mark may not be closed there.")
                    % {"row": number}
                ) from error
            except UnicodeError as error:
                raise Refused(
                    _("The file cannot be read after row %(row)d: it is not all in one encoding.") % {"row": number}
                ) from error
            number += 1
            if cells and (len(cells) > 1 or cells[0].strip()) and any(cell and not cell.isspace() for cell in cells):
                yield number, cells


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(header: list[str]) -> str:
    """Return what a heading is recognised by, whatever its case and the order of its columns."""
    return hashlib.sha256("\0".join(sorted(name.casefold() for name in header)).encode()).hexdigest()
