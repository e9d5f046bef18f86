"""Workbooks come in as CSV: the first visible sheet, cell by cell; what is none, too large or broken is refused in words."""

import csv
import datetime as dt
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from crm.kernel.core.errors import Refused
from crm.kernel.listing import runs
from crm.kernel.listing.imports import files, work, workbooks
from crm.kernel.listing.imports.models import ImportRun


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


@pytest.fixture
def brought(client_of, manager, book, monkeypatch):
    """Return a client, and the run of a workbook that is too large to be read while its person waits."""
    monkeypatch.setattr(workbooks, "AT_ONCE", 100)
    monkeypatch.setattr(workbooks, "TICK", 1)
    client = client_of(manager)
    content = book(["Name", "E-mail"], ["Ann Lee", "ann@acme.example"], ["Ben", "ben@acme.example"]).read_bytes()
    sent = client.post("/import/new/", {"kind": "contacts", "file": SimpleUploadedFile("people.xlsx", content)})
    run = ImportRun.objects.get()
    assert (run.state, client.get(sent["Location"])["Location"]) == ("reading", f"/import/{run.pk}/")
    return client, run


def test_a_worker_reads_a_large_one_and_its_person_goes_on_with_the_columns(brought):
    client, run = brought
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "Reading the workbook" in page and "Throw away" in page
    for other in ("left-out.csv", "columns/", "values/"):
        assert client.get(f"/import/{run.pk}/{other}")["Location"] == f"/import/{run.pk}/"
    work.work_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.header, run.rows_total, run.lease) == ("draft", ["Name", "E-mail"], 2, None)
    assert run.mapping == [["full_name"], ["email"]]
    assert client.get(f"/import/{run.pk}/")["Location"] == f"/import/{run.pk}/columns/"
    assert "ann@acme.example" in client.get(f"/import/{run.pk}/columns/").content.decode()


def test_a_large_one_that_cannot_be_read_is_told_in_words_and_may_go(brought):
    client, run = brought
    with zipfile.ZipFile(run.path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<no>xml")
    work.work_on(run.pk)
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "This workbook cannot be read" in page and "Choose another file" in page
    assert "Undo this import" not in page and "Resume" not in page
    for refused in ("undo", "resume"):
        client.post(f"/import/{run.pk}/{refused}/")
    run.refresh_from_db()
    assert run.state == "failed"
    client.post(f"/import/{run.pk}/discard/")
    assert not ImportRun.objects.exists() and not run.path.exists()


def test_what_is_thrown_away_while_it_is_read_leaves_nothing(brought, monkeypatch):
    client, run = brought

    def thrown_away(*args, **kwargs):
        client.post(f"/import/{run.pk}/discard/")
        return runs.keep_lease(*args, **kwargs)

    monkeypatch.setattr(work, "keep_lease", thrown_away)
    work.work_on(run.pk)
    assert not ImportRun.objects.exists() and list(run.path.parent.iterdir()) == []
