"""A file in a real browser: added by the button, shown with the others, deleted and brought back by Undo (U3, R8)."""

import pytest
from playwright.sync_api import expect

from activities.models import Attachment
from contacts.services import create_contact
from crm.kernel.core.changes import Actor

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_file_is_added_refused_deleted_and_brought_back(visitor, rep, pipeline):
    maya = create_contact(values={"first_name": "Maya", "last_name": "Lindqvist", "owner": rep}, actor=Actor.of(rep))
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.open(f"/contacts/{maya.pk}/")
    files = page.locator("#files")
    offer = {"name": "Offer, third version.pdf", "mimeType": "text/html", "buffer": b"%PDF-1.7 hello"}
    page.set_input_files("#files-input", offer)
    expect(files.get_by_role("link", name="Offer, third version.pdf", exact=True)).to_be_visible()
    assert Attachment.objects.get().content_type == "application/pdf", "what it is, not what it claims"

    # The page is fetched again after a file: what is said of the next one stands behind that.
    expect(page.get_by_role("list", name="Timeline").get_by_text("added the file")).to_be_visible()

    page.set_input_files("#files-input", {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    expect(page.locator("#files-error")).to_contain_text("empty")
    somebody.check_axe()

    files.get_by_role("button", name="Delete Offer, third version.pdf").click()
    expect(files.get_by_role("link", name="Offer, third version.pdf", exact=True)).to_have_count(0)
    page.locator(".toast", has_text="deleted").get_by_role("button", name="Undo").click()
    expect(page.locator("#files").get_by_role("link", name="Offer, third version.pdf", exact=True)).to_be_visible()
    assert Attachment.objects.get().binned_at is None
    somebody.check_quiet()
