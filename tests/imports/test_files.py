"""What files are, how they are encoded and divided; what is refused, in words."""

import pytest

from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import files


def write(tmp_path, content, name="f.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_an_encoding_is_recognised_and_read(tmp_path, encoding):
    path = write(tmp_path, "Name;Ort\nJürgen Müß;Köln\nZoë;Genève\n".encode(encoding))
    facts = files.inspect(path)
    assert facts.header == ["Name", "Ort"]
    assert facts.delimiter == ";"
    assert facts.rows == 2
    assert [cells for _n, cells in files.read_rows(path, facts.encoding, ";")][1] == ["Jürgen Müß", "Köln"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_recognised_although_others_occur(tmp_path, delimiter):
    rows = ["name", "amount", "note"], ["Ann", '"1,000;50"', '"a|b\tc"']
    facts = files.inspect(write(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert facts.delimiter == delimiter
    assert facts.header == ["name", "amount", "note"]


def test_a_file_of_one_column_is_read(tmp_path):
    facts = files.inspect(write(tmp_path, "email\na@b.example\nc@d.example\n"))
    assert facts.header == ["email"]
    assert facts.rows == 2


def test_line_breaks_in_quotes_are_one_row_and_blank_lines_none(tmp_path):
    facts = files.inspect(write(tmp_path, 'a,b\n"one\ntwo",x\n\n,\n  , \ny,z\n'))
    assert facts.rows == 2


def test_columns_of_one_name_are_told_apart_and_nameless_ones_numbered(tmp_path):
    assert files.inspect(write(tmp_path, "Name,name,,x,\n1,2,3,4,\n")).header == ["Name", "name (2)", "Column 3", "x"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest of a workbook", "old Excel or ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel or ZIP"),
        (b"\x1f\x8b\x08", "old Excel or ZIP"),
        (b"%PDF-1.7", "not a CSV"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"name,email\n", "no rows"),
    ],
)
def test_what_is_no_csv_file_is_refused_in_words(tmp_path, content, words):
    with pytest.raises(Refused, match=words):
        files.inspect(write(tmp_path, content))


def test_a_quote_that_is_never_closed_is_refused_naming_the_row(tmp_path):
    with pytest.raises(Refused, match="after row 2"):
        files.inspect(write(tmp_path, 'a,b\n1,2\n"open,' + "x" * 300_000))


def test_too_many_bytes_rows_or_columns_are_refused(tmp_path, monkeypatch):
    path = write(tmp_path, "a,b\n" + "1,2\n" * 50)
    monkeypatch.setattr(files, "MAX_ROWS", 49)
    with pytest.raises(Refused, match="1,000,000 rows"):
        files.inspect(path)
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(Refused, match="200 MB"):
        files.inspect(path)
    monkeypatch.setattr(files, "MAX_BYTES", 10**9)
    wide = write(tmp_path, ",".join(f"c{n}" for n in range(301)) + "\n1\n")
    with pytest.raises(Refused, match="300 columns"):
        files.inspect(wide)


def test_a_million_rows_are_read_without_keeping_them(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("name,email\n")
        for start in range(0, 200_000, 1000):
            file.write("".join(f"Person {n},p{n}@example.com\n" for n in range(start, start + 1000)))
    assert files.inspect(path).rows == 200_000


def test_a_fingerprint_forgets_case_and_order():
    assert files.fingerprint(["Name", "E-Mail"]) == files.fingerprint(["e-mail", "name"])
    assert files.fingerprint(["Name"]) != files.fingerprint(["Nom"])
