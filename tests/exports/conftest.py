"""What tests of exports share: files apart, people worth exporting, and a reader of what came out."""

import csv
import io
from typing import Any

import pytest

from contacts.models import Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    """Keep files away from those of the installation."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def maya(manager) -> Contact:
    """A contact with everything that is hard to write."""
    me = Actor.of(manager)
    company = create_company(values={"name": "Ferries, Nord & “Co”", "owner": manager}, actor=me)
    return create_contact(
        values={
            "first_name": "=Maya", "last_name": "'-Lind", "owner": manager, "company": company,
            "emails": ["maya@nordhavn.example", "m2@nordhavn.example"], "phones": ["+45 31 55 01 87", "+4531550188"],
            "description": "Line one\nline “two”; three", "tags": ["vip", "@risk"], "lead_score": -5,
            "links": ["https://www.example.com/maya"], "do_not_call": True, "country": "Denmark",
        },
        actor=me,
    )  # fmt: skip


def text_of(response: Any) -> str:
    """Return what a response holds as text."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8-sig")


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a CSV file by heading."""
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
