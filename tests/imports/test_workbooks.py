"""Workbooks come in as CSV: the first visible sheet, cell by cell; what is none, too large or broken is refused in words."""

import csv
import datetime as dt
import zipfile

import pytest
from openpyxl import Workbook

from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import files, workbooks


@pytest.fixture
def book(tmp_path):
    """Return a function that saves rows as a workbook with a hidden sheet before them."""

    def save(*rows):
        made = Workbook()
        made.active.sheet_state = "hidden"
        made.active.append(["hidden"])
        sheet = made.create_sheet("People")
        for row in rows:
            sheet.append(row)
        made.active = 1
        made.save(tmp_path / "people.csv")
        return tmp_path / "people.csv"

    return save


def test_cells_become_what_the_import_reads(book):
    path = book(
        [],
        ["Name", "Born", "Seen", "Amount", "Phone", "Vip", "Note", None],
        [
            "Zoë 🚢",
            dt.date(1988, 2, 29),
            dt.datetime.fromisoformat("2026-11-25T09:30"),
            1234.5,
            4533195305,
            True,
            "'=1+1\nnext",
            None,
        ],
        ["Only a name"],
        [None, None],
        ["0.1", None, None, 0.1 + 0.2, 12e6, False, "", ""],
    )
    assert workbooks.is_workbook(path)
    workbooks.to_csv(path)
    assert not workbooks.is_workbook(path)
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["Name", "Born", "Seen", "Amount", "Phone", "Vip", "Note"],
            ["Zoë 🚢", "1988-02-29", "2026-11-25T09:30:00", "1234.5", "4533195305", "yes", "'=1+1\nnext"],
            ["Only a name", "", "", "", "", "", ""],
            ["0.1", "", "", "0.3", "12000000", "no", ""],
        ]
    facts = files.inspect(path)
    assert (facts.encoding, facts.delimiter, facts.rows, facts.header[0]) == ("utf-8", ",", 3, "Name")
    assert [each.name for each in path.parent.iterdir()] == ["people.csv"]


def test_what_cannot_be_read_is_refused_in_words_and_leaves_nothing_behind(book, tmp_path, monkeypatch):
    path = book(["Name"], ["Ann"], ["Ben"])
    whole = path.read_bytes()
    monkeypatch.setattr(workbooks, "MAX_ROWS", 1)
    with pytest.raises(Refused, match="more than 50,000 rows"):
        workbooks.to_csv(path)
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 100)
    with pytest.raises(Refused, match="larger than 25 MB"):
        workbooks.to_csv(path)
    monkeypatch.undo()
    assert path.read_bytes() == whole
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<no>xml")
    with pytest.raises(Refused, match="cannot be read"):
        workbooks.to_csv(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    assert not workbooks.is_workbook(path)
    (tmp_path / "text.csv").write_text("Name\nAnn\n")
    assert not workbooks.is_workbook(tmp_path / "text.csv")
    assert len(list(tmp_path.iterdir())) == 2
