"""Files of records and activities: added, shown, sent, renamed, deleted, cleaned up (U3, R8)."""

import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from activities.files import blobs
from activities.files.naming import safe_name
from activities.files.sniffing import sniff
from activities.models import Activity, Attachment
from activities.services import files as service
from activities.services.recording import ActivityRow, log_activity
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
HTML = b"<!doctype html><script>alert(1)</script>"


def upload(name="Quote.pdf", content=b"%PDF-1.7 hello", claimed="text/html"):
    return SimpleUploadedFile(name, content, content_type=claimed)


def add(record, user, *uploads):
    return service.add_files(record=record, uploads=uploads or (upload(),), actor=Actor.of(user))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Quote.pdf", "Quote.pdf"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ('a<b>:"c|?*.pdf', "a_b___c___.pdf"),
        ("  two   words .pdf", "two words.pdf"),
        ("Angebot für Übergabe ☂.pdf", "Angebot für Übergabe ☂.pdf"),
        ("no ending", "no ending"),
    ],
)
def test_names_are_made_safe(sent, kept):
    assert safe_name(sent) == kept


def test_a_long_name_keeps_its_ending_and_fits_255_bytes():
    name = safe_name("ü" * 400 + ".docx")
    assert name.endswith("ü.docx")
    assert len(name.encode()) <= 255


def _office(folder):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr(f"{folder}document.xml", "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 jfif", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.4", "application/pdf"),
        (b"name;amount\nMaya;12\n", "text/plain"),
        ("Grüße".encode(), "text/plain"),
        (HTML, "application/octet-stream"),
        (b"\xef\xbb\xbf  <svg onload=alert(1)>", "application/octet-stream"),
        (b"MZ\x90\x00", "application/octet-stream"),
        (b"PK\x03\x04 broken", "application/octet-stream"),
        (_office("word/"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (_office("other/"), "application/zip"),
        (b"\xff\xfe<\x00s\x00", "application/octet-stream"),
    ],
)
def test_what_a_file_is_is_seen_in_its_content(content, kind):
    assert sniff(io.BytesIO(content)) == kind


def test_a_file_is_added_once_in_content_and_told_on_the_timeline(rep, deal, maya, client_of):
    first, second = add(deal, rep, upload("a.pdf"), upload("b.pdf"))
    assert first.sha256 == second.sha256
    assert first.content_type == "application/pdf"
    assert [name for name in blobs.kept() if name == first.sha256] == [first.sha256]
    entries = Activity.objects.filter(system="file_added", deal=deal)
    assert {entry.data["title"] for entry in entries} == {"a.pdf", "b.pdf"}
    page = client_of(rep).get(f"/deals/{deal.pk}/").content.decode()
    assert reverse("activities:file_download", args=[first.pk]) in page
    assert "added the file" in page


def test_what_cannot_be_is_refused_beside_the_control_and_nothing_is_kept(
    rep, deal, client_of, settings, database_diff
):
    settings.FILES_MAX_BYTES, settings.FILES_MAX_COUNT = 20, 2
    address = reverse("activities:files", args=["deal", deal.pk])
    client = client_of(rep)
    cases = (
        ([upload("big.pdf", b"%PDF-" + b"x" * 30)], "“big.pdf” is larger than"),
        ([upload("empty.txt", b"")], "empty"),
        ([], "Choose a file"),
        ([upload(), upload(), upload()], "at most 2 files"),
        ([upload(), upload("big.pdf", b"x" * 21)], "larger"),
    )
    for uploads, words in cases:
        with database_diff() as diff:
            response = client.post(address, {"files": uploads})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert diff.empty
    settings.FILES_MAX_TOTAL_BYTES = 10
    with pytest.raises(Refused, match="no room"):
        add(deal, rep, upload())


def test_a_download_is_inert_whatever_the_file_is_or_says(rep, deal, client_of):
    (page,) = add(deal, rep, upload("evil.html", HTML))
    response = client_of(rep).get(reverse("activities:file_download", args=[page.pk]))
    assert b"".join(response.streaming_content) == HTML
    assert response["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert client_of(rep).get(reverse("activities:file_preview", args=[page.pk])).status_code == 404


def test_only_real_pictures_are_shown(rep, deal, client_of):
    picture, liar = add(deal, rep, upload("a.png", PNG), upload("b.png", HTML, "image/png"))
    shown = client_of(rep).get(reverse("activities:file_preview", args=[picture.pk]))
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Disposition"].startswith("inline")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert client_of(rep).get(reverse("activities:file_preview", args=[liar.pk])).status_code == 404


def test_who_sees_the_record_sees_its_files_and_nobody_else(
    rep, mate, stranger, viewer, deal, maya, company, client_of
):
    (of_deal,), (of_maya,), (of_company,) = add(deal, rep), add(maya, rep), add(company, rep)
    seen = {
        user: set(Attachment.objects.visible_to(user).values_list("pk", flat=True))
        for user in (rep, mate, stranger, viewer)
    }
    everything = {of_deal.pk, of_maya.pk, of_company.pk}
    assert seen == {rep: everything, mate: everything, viewer: everything, stranger: {of_company.pk}}
    for name in ("file_download", "file_rename"):
        assert client_of(stranger).get(reverse(f"activities:{name}", args=[of_deal.pk])).status_code == 404
    assert (
        client_of(stranger).post(reverse("activities:files", args=["deal", deal.pk]), {"files": upload()}).status_code
        == 404
    )
    assert (
        client_of(viewer).post(reverse("activities:files", args=["deal", deal.pk]), {"files": upload()}).status_code
        == 403
    )


def test_a_file_of_a_note_stands_among_those_of_its_records(rep, deal, maya, client_of):
    address = reverse("activities:timeline_log", args=["deal", deal.pk, "note"])
    client_of(rep).post(address, {"body": "See the quote", "contacts": [str(maya.pk)], "files": [upload("note.pdf")]})
    file = Attachment.objects.get()
    assert (file.activity.body, file.deal_id) == ("See the quote", deal.pk)
    page = client_of(rep).get(f"/deals/{deal.pk}/").content.decode()
    assert page.count(reverse("activities:file_download", args=[file.pk])) == 2  # in the note and in the list
    assert "note.pdf" in client_of(rep).get(f"/activities/{file.activity_id}/").content.decode()


def test_a_note_whose_file_is_refused_is_not_written(rep, deal, client_of, settings):
    settings.FILES_MAX_BYTES = 3
    address = reverse("activities:timeline_log", args=["deal", deal.pk, "note"])
    response = client_of(rep).post(address, {"body": "See the quote", "files": [upload()]})
    assert response.status_code == 422
    assert "larger" in response.content.decode()
    assert "See the quote" in response.content.decode()
    assert not Activity.objects.filter(body="See the quote").exists()


def test_a_file_of_anothers_activity_needs_the_right_to_edit_it(rep, mate, deal):
    note = log_activity(row=ActivityRow(type="note", body="x", deal_id=deal.pk), actor=Actor.of(rep))
    with pytest.raises(PermissionDenied, match="may not edit"):
        add(note, mate)
    assert add(note, rep)[0].deal_id == deal.pk


def test_renaming_keeps_the_ending(rep, deal, client_of):
    (file,) = add(deal, rep)
    client = client_of(rep)
    assert client.post(reverse("activities:file_rename", args=[file.pk]), {"name": "Offer/../2"}).status_code == 302
    assert Attachment.objects.get().name == "2.pdf"
    assert client.post(reverse("activities:file_rename", args=[file.pk]), {"name": " "}).status_code == 422


def test_delete_and_restore_and_undo(rep, deal):
    actor = Actor.of(rep)
    (file,) = add(deal, rep)
    service.bin_file(file_id=file.pk, actor=actor)
    assert not Attachment.objects.live().exists()
    undo(changeset_id=actor.last_change, actor=actor)
    assert Attachment.objects.live().get().pk == file.pk
    service.bin_file(file_id=file.pk, actor=actor)
    service.restore_file(file_id=file.pk, actor=actor)
    assert Attachment.objects.live().exists()


def test_undo_of_adding_and_its_undo_keep_the_content(rep, deal, monkeypatch):
    actor = Actor.of(rep)
    service.add_files(record=deal, uploads=[upload()], actor=actor)
    undone = undo(changeset_id=actor.last_change, actor=actor)
    assert not Attachment.objects.exists()
    monkeypatch.setattr(service, "GRACE_HOURS", 0)
    service.cleanup_files()
    undo(changeset_id=undone.changeset_id, actor=actor)
    assert blobs.is_there(Attachment.objects.get().sha256)


def test_cleanup_removes_what_nothing_ever_referred_to_after_a_while(rep, deal, monkeypatch):
    (file,) = add(deal, rep)
    orphan = upload("x", b"never committed")
    blobs.store(orphan, digest := blobs.digest(orphan))
    service.cleanup_files()
    assert blobs.is_there(digest)
    monkeypatch.setattr(service, "GRACE_HOURS", 0)
    assert service.cleanup_files() >= 1
    assert not blobs.is_there(digest)
    assert blobs.is_there(file.sha256)
    assert history_of(Attachment).objects.count() == 1


def test_doctor_names_files_without_content(rep, deal):
    (file,) = add(deal, rep, upload("lost.pdf", b"%PDF-lost"))
    assert service.missing_contents() == []
    default_storage.delete(blobs.path_of(file.sha256))
    assert service.missing_contents() == ["lost.pdf"]


def test_a_lost_content_answers_404(rep, deal, client_of):
    (file,) = add(deal, rep, upload("lost.pdf", b"%PDF-lost too"))
    default_storage.delete(blobs.path_of(file.sha256))
    assert client_of(rep).get(reverse("activities:file_download", args=[file.pk])).status_code == 404


def test_the_same_cost_whatever_the_number_of_files(rep, deal, client_of, django_assert_max_num_queries):
    client = client_of(rep)
    address = reverse("activities:files", args=["deal", deal.pk])
    add(deal, rep)
    client.get(address)
    with django_assert_max_num_queries(9) as few:
        client.get(address)
    add(deal, rep, *(upload(f"{n}.pdf") for n in range(8)))
    with django_assert_max_num_queries(len(few)):
        client.get(address)
