"""The pages of the import: the way through, rights, bad input."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contacts.models import Contact
from crm.kernel.listing.imports import work
from crm.kernel.listing.imports.models import ImportRun
from deals.models import Deal

TEXT = "Name,E-mail,Owner\nAnn Lee,ann@acme.example,\nBad,nothing,Tomas\n"


def upload(client, text=TEXT, kind="contacts", name="fair.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post("/import/new/", {"kind": kind, "file": SimpleUploadedFile(name, content, "text/csv")})


def options(run, **changes):
    """Return what the page of columns posts."""
    posted = {f"column-{n}": keys[0] if keys else "" for n, keys in enumerate(run.mapping)}
    return (
        posted
        | {"existing": "fill", "new": "on", "source": "fair", "match_key": "", "dates": "dmy", "create_companies": "on"}
        | changes
    )


def test_the_whole_way_without_javascript(client_of, manager):
    client = client_of(manager)
    assert "Import a file" in client.get("/import/").content.decode()
    response = upload(client)
    run = ImportRun.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("listing:import_columns", args=[run.pk])
    page = client.get(response.url).content.decode()
    assert "ann@acme.example" in page
    assert "2 of 3 matched" not in page
    assert "3 of 3 matched" in page
    response = client.post(response.url, options(run))
    assert response.url == reverse("listing:import_values", args=[run.pk]), "Tomas is nobody here"
    assert "Tomas" in client.get(response.url).content.decode()
    response = client.post(response.url, {"word-0-0": "nobody"})
    page = client.get(response.url).content.decode()
    assert "This will happen" in page
    assert "This is no e-mail address" in page
    assert not Contact.objects.exists()
    assert client.post(f"/import/{run.pk}/start/").url == f"/import/{run.pk}/"
    assert "Waiting for the worker" in client.get(f"/import/{run.pk}/").content.decode()
    work.work_on(run.pk)
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "Imported" in page
    assert "Undo this import" in page
    assert Contact.objects.count() == 1
    left = b"".join(client.get(f"/import/{run.pk}/left-out.csv")).decode("utf-8-sig").splitlines()
    assert left[0].startswith("Name,E-mail,Owner,Row,")
    assert left[1].startswith('Bad,nothing,Tomas,3,"E-mail: This is no')
    client.post(f"/import/{run.pk}/undo/")
    work.work_on(run.pk)
    assert not Contact.objects.exists()
    assert "as if it had never been" in client.get(f"/import/{run.pk}/").content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04zip renamed", "old Excel or ZIP file"),
        (b"", "empty"),
        (b"Name\n", "no rows"),
        (b'Name\n"never closed' + b"x" * 250_000, "quotation mark"),
    ],
)
def test_a_bad_file_is_refused_beside_the_field_with_the_kind_kept(client_of, manager, content, words):
    response = upload(client_of(manager), content)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'value="contacts" required checked' in page
    assert not ImportRun.objects.exists()


def test_no_file_or_an_unknown_kind_is_said_beside_the_field(client_of, manager):
    client = client_of(manager)
    assert client.post("/import/new/", {"kind": "contacts"}).status_code == 422
    assert upload(client, kind="secrets").status_code == 422
    assert upload(client, kind="people").status_code == 422, "people need the right to the settings"


def test_bad_options_are_said_and_kept(client_of, manager):
    client = client_of(manager)
    upload(client)
    run = ImportRun.objects.get()
    url = f"/import/{run.pk}/columns/"
    for wrong in (
        {"source": ""},
        {"source": "x" * 300},
        {"source": "a\0b"},
        {"dates": "never"},
        {"existing": "skip", "new": ""},
    ):
        assert client.post(url, options(run) | wrong).status_code == 422, wrong
    assert client.post(url, options(run, **{"column-0": "no_such_field", "column-1": ""})).status_code == 422
    assert client.post(f"/import/{run.pk}/format/", {"encoding": "rot13", "delimiter": ","}).status_code == 302


def test_a_change_of_a_column_draws_the_table_anew(client_of, manager):
    client = client_of(manager)
    upload(client)
    run = ImportRun.objects.get()
    response = client.post(
        f"/import/{run.pk}/columns/",
        options(run, **{"column-2": ""}),
        headers={"HX-Request": "true", "HX-Target": "mapping"},
    )
    page = response.content.decode()
    assert "<html" not in page
    assert 'id="mapping"' in page
    assert "2 of 3 matched" in page
    assert "1 not valid" in page


def test_stages_are_guessed_and_matched_by_hand(client_of, admin):
    client = client_of(admin)
    upload(client, "Title,Deal stage,Close date\nOne,Engaging,\nTwo,Gewonnen,2026-01-02\n", "deals")
    run = ImportRun.objects.get()
    response = client.post(f"/import/{run.pk}/columns/", options(run, default_owner=""))
    page = client.get(response.url).content.decode()
    assert "Engaging" in page
    assert "Discovery" in page
    stage = str(Deal._meta.get_field("stage").related_model.objects.get(name="Proposal").pk)
    won = str(Deal._meta.get_field("stage").related_model.objects.get(kind_of="won").pk)
    client.post(response.url, {"word-0-0": stage, "word-0-1": won})
    client.post(f"/import/{run.pk}/start/")
    work.work_on(run.pk)
    assert set(Deal.objects.values_list("title", "stage__name")) == {("One", "Proposal"), ("Two", "Closed Won")}


def test_reps_may_not_import_and_nobody_sees_the_run_of_another(client_of, rep, manager, stranger, admin):
    upload(client_of(manager))
    run = ImportRun.objects.get()
    pages = [f"/import/{run.pk}/{tail}" for tail in ("", "columns/", "values/", "left-out.csv")]
    for url in ("/import/", "/import/new/"):
        assert client_of(rep).get(url).status_code == 403
    for url in pages:
        assert client_of(rep).get(url).status_code == 404
        assert client_of(admin).get(url).status_code in (200, 302)
    for tail in ("start/", "stop/", "resume/", "undo/", "discard/", "format/"):
        assert client_of(rep).post(f"/import/{run.pk}/{tail}").status_code == 404
        assert client_of(manager).get(f"/import/{run.pk}/{tail}").status_code == 405
    run.refresh_from_db()
    assert run.state == "draft"


def test_what_cannot_be_done_now_is_said_and_changes_nothing(client_of, manager):
    client = client_of(manager)
    upload(client)
    run = ImportRun.objects.get()
    for tail in ("stop/", "resume/", "undo/"):
        assert client.post(f"/import/{run.pk}/{tail}", follow=True).status_code == 200
        run.refresh_from_db()
        assert run.state == "draft"
    assert client.post(f"/import/{run.pk}/discard/").url == "/import/"
    assert not ImportRun.objects.exists()
    assert client.get("/import/?before=nonsense").status_code == 404


def test_the_list_costs_the_same_for_few_and_many(client_of, manager, django_assert_max_num_queries):
    client = client_of(manager)
    ImportRun.objects.bulk_create(
        ImportRun(kind="contacts", user=manager, file_name=f"{n}.csv", encoding="utf-8", delimiter=",")
        for n in range(60)
    )
    with django_assert_max_num_queries(8):
        page = client.get("/import/").content.decode()
    assert page.count("data-row-link") == 50
    assert "?before=" in page
