"""The pages of contacts and companies: who may open and change what, bad input, conflicts, no JavaScript."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Company, Contact
from contacts.services import bin_contacts, edit_contact
from crm.kernel.core import remember
from crm.kernel.core.changes import Actor
from crm.kernel.search.models import RecentView
from crm.kernel.workspace.models import Workspace

HTMX = {"HX-Request": "true"}


@pytest.fixture
def nordhavn(make_company) -> Company:
    """A company of the rep."""
    return make_company("Nordhavn Ferries", domains=["nordhavn.example"], phones=["+4533123456"])


def test_the_page_shows_the_contact_and_is_remembered(client_of, rep, maya):
    body = client_of(rep).get(f"/contacts/{maya.pk}/").content.decode()
    assert "Maya Lindqvist" in body
    assert "maya@nordhavn.example" in body
    assert "+45 31 55 01 87" in body
    assert RecentView.objects.get(user=rep).record_id == maya.pk


@pytest.mark.parametrize("path", ["", "edit/", "stage/", "fields/emails/"])
def test_who_may_not_see_a_contact_gets_404(client_of, stranger, maya, path):
    assert client_of(stranger).get(f"/contacts/{maya.pk}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["edit/", "stage/", "bin/", "fields/emails/"])
def test_who_may_see_but_not_change_gets_403_and_nothing_is_written(client_of, mate, viewer, maya, path, database_diff):
    with database_diff() as diff:
        for person in (mate, viewer):
            data = {"first_name": "X", "emails": "x@x.example", "lifecycle": "other"}
            assert client_of(person).post(f"/contacts/{maya.pk}/{path}", data).status_code == 403
    diff.tables.pop("users_user", None)  # logging in
    assert diff.empty


def test_who_may_not_change_sees_no_way_to(client_of, viewer, maya, nordhavn):
    client = client_of(viewer)
    for address in (f"/contacts/{maya.pk}/", f"/companies/{nordhavn.pk}/"):
        body = client.get(address).content.decode()
        assert "Edit all fields" not in body
        assert 'class="fld-edit' not in body
        assert ">Delete<" not in body
    assert client.get("/contacts/new/").status_code == 403
    assert client.get("/companies/new/").status_code == 403


def test_a_contact_is_made_by_a_plain_form(client_of, rep, nordhavn):
    data = {
        "first_name": "Henrik", "last_name": "Dahl", "emails": ["", "h@x.example", "hd@x.example"], "emails_primary":
        "2", "phones": ["+4531550187"], "phones_label": ["Mobile"], "company": str(nordhavn.pk), "owner": str(rep.pk),
        "tags": "vip, reference", "links": "linkedin.com/in/hd", "do_not_call": "on", "consent_at": "2026-03-31",
    }  # fmt: skip
    response = client_of(rep).post("/contacts/new/", data)
    contact = Contact.objects.get()
    assert response.status_code == 302
    assert response.url == f"/contacts/{contact.pk}/"
    assert contact.primary_email == "hd@x.example"
    assert (contact.company, contact.owner, contact.tags) == (nordhavn, rep, ["vip", "reference"])
    assert contact.links == ["https://linkedin.com/in/hd"]
    assert contact.phones.get().label == "Mobile"
    assert (contact.do_not_call, contact.do_not_email, contact.consent_at.hour) == (
        True,
        False,
        11,
    )  # noon in London, summer
    assert contact.lifecycle == "other"


def test_a_lead_is_made_at_stage_lead_and_a_typed_company_with_it(client_of, rep):
    client_of(rep).post("/leads/new/", {"first_name": "Aino", "company": "", "company_text": "Corvid Steel"})
    contact = Contact.objects.get()
    assert contact.lifecycle == "lead"
    assert contact.company.name == "Corvid Steel"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"first_name": "x" * 300},
        {"first_name": "a\x00b"},
        {"first_name": "A", "emails": ["nonsense"]},
        {"first_name": "A", "emails": ["a\x00@x.example"]},
        {"first_name": "A", "phones": ["12"]},
        {"first_name": "A", "company": "zzz"},
        {"first_name": "A", "company": "0190c0de-0000-7000-8000-000000000000"},
        {"first_name": "A", "owner": "zzz"},
        {"first_name": "A", "lead_score": "1000000000000"},
        {"first_name": "A", "lead_score": "many"},
        {"first_name": "A", "consent_at": "2026-02-31"},
        {"first_name": "A", "links": "not a link at all"},
        {"first_name": "A", "tags": "x" * 60},
        {"first_name": "A", "emails_primary": "99999999999999999999", "emails": ["nonsense"]},
    ],
)
def test_bad_input_is_shown_beside_the_field_with_what_was_typed(client_of, rep, data, database_diff):
    client = client_of(rep)
    with database_diff() as diff:
        response = client.post("/contacts/new/", {"job_title": "Head of Operations", **data})
    body = response.content.decode()
    assert response.status_code == 422
    assert "Head of Operations" in body
    assert 'class="error"' in body or "form-errors" in body
    assert diff.empty
    assert (
        client.post(
            "/contacts/new/", {"job_title": "X", **data}, headers={**HTMX, "HX-Target": "modal-body"}
        ).status_code
        == 422
    )


def test_a_taken_address_links_its_contact_and_offers_to_restore_a_binned_one(client_of, rep, maya):
    client = client_of(rep)
    data = {"first_name": "M", "emails": ["maya@nordhavn.example"]}
    assert f'href="/contacts/{maya.pk}/"' in client.post("/contacts/new/", data).content.decode()
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    body = client.post("/contacts/new/", data).content.decode()
    assert f"/contacts/{maya.pk}/restore/" in body
    assert 'name="despite_binned"' in body
    assert client.post("/contacts/new/", {**data, "despite_binned": "1"}).status_code == 302


def test_a_taken_address_of_a_hidden_contact_names_nobody(client_of, stranger, maya):
    body = (
        client_of(stranger)
        .post("/contacts/new/", {"first_name": "M", "emails": ["maya@nordhavn.example"]})
        .content.decode()
    )
    assert "already in the workspace" in body
    assert "Lindqvist" not in body
    assert str(maya.pk) not in body


def hidden(body: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', body)[1].replace("&quot;", '"').replace("&#x27;", "'")


def form_data(client, contact) -> dict:
    body = client.get(f"/contacts/{contact.pk}/edit/").content.decode()
    contact.refresh_from_db()
    return {
        "seen": hidden(body, "seen"), "version": hidden(body, "version"), "first_name": contact.first_name,
        "last_name": contact.last_name, "emails": [e.address for e in contact.emails.all()],
        "job_title": contact.job_title,
        "phones": ["+45 31 55 01 87"], "owner": str(contact.owner_id or ""), "lead_score": contact.lead_score,
    }  # fmt: skip


def test_only_what_the_person_changed_is_saved(client_of, rep, manager, maya):
    client = client_of(rep)
    data = form_data(client, maya)
    edit_contact(contact_id=maya.pk, values={"city": "Oslo"}, actor=Actor.of(manager))
    assert client.post(f"/contacts/{maya.pk}/edit/", {**data, "job_title": "CFO"}).status_code == 302
    maya.refresh_from_db()
    assert (maya.job_title, maya.city, maya.version) == ("CFO", "Oslo", 3)


def test_saving_an_untouched_form_changes_nothing(client_of, rep, maya):
    client = client_of(rep)
    assert client.post(f"/contacts/{maya.pk}/edit/", form_data(client, maya)).status_code == 302
    maya.refresh_from_db()
    assert maya.version == 1


def test_a_field_that_somebody_else_changed_is_shown_with_both_values_and_saved_when_sent_again(
    client_of, rep, manager, maya
):
    client = client_of(rep)
    data = form_data(client, maya)
    edit_contact(contact_id=maya.pk, values={"job_title": "CEO"}, actor=Actor.of(manager))
    response = client.post(f"/contacts/{maya.pk}/edit/", {**data, "job_title": "CFO"})
    body = response.content.decode()
    assert response.status_code == 409
    assert "CEO" in body
    assert 'value="CFO"' in body
    again = {**data, "job_title": "CFO", "seen": hidden(body, "seen"), "version": hidden(body, "version")}
    assert client.post(f"/contacts/{maya.pk}/edit/", again).status_code == 302
    maya.refresh_from_db()
    assert maya.job_title == "CFO"


def test_a_tampered_seen_value_is_no_500(client_of, rep, maya):
    client = client_of(rep)
    for seen in (
        "[]",
        "nonsense",
        json.dumps({"job_title": [1], "owner": {"a": 1}, "emails": 3, "tags": "x", "consent_at": "zzz"}),
    ):
        for version in ("x", "-1", "9" * 40):
            data = {"first_name": "Maya", "last_name": "L", "seen": seen, "version": version, "lead_score": "0"}
            assert client.post(f"/contacts/{maya.pk}/edit/", data).status_code in (302, 409, 422)


def test_a_value_is_edited_in_its_place(client_of, rep, maya):
    client = client_of(rep)
    url = f"/contacts/{maya.pk}/fields/job_title/"
    form = client.get(f"{url}?edit=1", headers=HTMX).content.decode()
    assert "data-inline" in form
    data = {"seen": hidden(form, "seen"), "version": hidden(form, "version"), "job_title": "CFO"}
    response = client.post(url, data, headers=HTMX)
    body = response.content.decode()
    assert response.status_code == 200
    assert 'id="field-job_title"' in body
    assert "CFO" in body
    assert 'id="record-head"' in body  # the head shows the title too
    assert "undo" in response.headers["HX-Trigger"]
    bad = client.post(url, {**data, "job_title": "x" * 300}, headers=HTMX)
    assert bad.status_code == 422
    assert 'id="field-job_title"' in bad.content.decode()


def test_every_field_of_the_summary_has_a_form(client_of, rep, maya, nordhavn):
    client = client_of(rep)
    for record, path in ((maya, "contacts"), (nordhavn, "companies")):
        body = client.get(f"/{path}/{record.pk}/").content.decode()
        urls = set(re.findall(rf'hx-get="(/{path}/{record.pk}/fields/[a-z_]+/)\?edit=1"', body))
        assert len(urls) > 10
        for url in urls:
            assert client.get(f"{url}?edit=1", headers=HTMX).status_code == 200
            assert client.get(url, headers=HTMX).status_code == 200
    assert client.get(f"/contacts/{maya.pk}/fields/search_text/?edit=1", headers=HTMX).status_code == 404


def test_the_stage_is_set_with_its_reasons(client_of, rep, maya):
    client = client_of(rep)
    url = f"/contacts/{maya.pk}/stage/"
    assert client.post(url, {"lifecycle": "churned"}).status_code == 422
    assert client.post(url, {"lifecycle": "customer"}).status_code == 422
    assert (
        client.post(url, {"lifecycle": "churned", "churned_reason": "Moved", "churned_on": "2026-02-31"}).status_code
        == 422
    )
    assert client.post(url, {"lifecycle": "lead", "lead_status": "unqualified"}).status_code == 422
    assert client.post(url, {"lifecycle": "churned", "churned_reason": "Moved"}).status_code == 302
    maya.refresh_from_db()
    assert (maya.lifecycle, maya.churned_reason) == ("churned", "Moved")


def test_deleting_and_restoring_by_plain_forms(client_of, rep, maya, nordhavn):
    client = client_of(rep)
    for record, path in ((maya, "contacts"), (nordhavn, "companies")):
        assert client.post(f"/{path}/{record.pk}/bin/").status_code == 302
        assert client.get(f"/{path}/{record.pk}/").status_code == 404
        assert f"/{path}/{record.pk}/restore/" in client.get(f"/{path}/bin/").content.decode()
        assert client.post(f"/{path}/{record.pk}/restore/").status_code == 302
        assert client.get(f"/{path}/{record.pk}/").status_code == 200
        assert client.get(f"/{path}/{record.pk}/bin/").status_code == 405


def test_the_bin_offers_restoring_only_to_who_may(client_of, rep, mate, maya):
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert f"{maya.pk}/restore/" not in client_of(mate).get("/contacts/bin/").content.decode()
    assert client_of(mate).post(f"/contacts/{maya.pk}/restore/").status_code == 403


def test_a_lead_is_claimed_from_the_inbox(client_of, rep, viewer, make_contact):
    lead = make_contact("Aino", owner=None)
    assert f"/contacts/{lead.pk}/claim/" in client_of(rep).get("/leads/").content.decode()
    assert f"/contacts/{lead.pk}/claim/" not in client_of(viewer).get("/leads/").content.decode()
    assert client_of(viewer).post(f"/contacts/{lead.pk}/claim/").status_code == 403
    assert client_of(rep).post(f"/contacts/{lead.pk}/claim/").status_code == 302
    lead.refresh_from_db()
    assert lead.owner == rep


def test_a_company_is_made_and_edited_by_plain_forms(client_of, rep, nordhavn):
    client = client_of(rep)
    data = {
        "name": "Sub",
        "domains": ["sub.example"],
        "website": "sub.example",
        "parent": str(nordhavn.pk),
        "owner": str(rep.pk),
    }
    assert client.post("/companies/new/", data).status_code == 302
    company = Company.objects.get(name="Sub")
    assert (company.website, company.parent) == ("https://sub.example", nordhavn)
    assert client.post(f"/companies/{company.pk}/edit/", {**data, "industry": "Maritime"}).status_code == 302
    body = client.post(
        f"/companies/{nordhavn.pk}/edit/", {"name": "Nordhavn", "parent": str(company.pk)}
    ).content.decode()
    assert "stands below this one" in body
    for bad in ({"name": ""}, {"name": "x" * 300}, {"name": "A", "domains": ["nordhavn.example"]}, {"name": "A",
    "website": "a b"},
                {"name": "A", "size_band": "many"}):  # fmt: skip
        assert client.post("/companies/new/", bad).status_code == 422


def test_typeaheads_offer_only_what_one_may_see(client_of, rep, stranger, maya, nordhavn):
    assert "Maya Lindqvist" in client_of(rep).get("/contacts/options/?q=lind").content.decode()
    assert "Maya" not in client_of(stranger).get("/contacts/options/?q=lind").content.decode()
    offered = client_of(rep).get("/companies/options/?q=nordhavn.ex").content.decode()
    assert "Nordhavn Ferries" in offered and "Create it" not in offered  # a filter or a rule finds what is there
    assert "Create it" in client_of(rep).get("/companies/options/?q=nordhavn.ex&new=1").content.decode()
    for q in ("", "%00", "%", "_", "\\", "x" * 500):
        assert client_of(rep).get("/contacts/options/", {"q": q}).status_code == 200


def test_pages_need_a_person(client, maya, nordhavn):
    for path in (
        "/contacts/",
        "/leads/",
        "/companies/",
        f"/contacts/{maya.pk}/",
        f"/companies/{nordhavn.pk}/",
        "/contacts/new/",
    ):
        assert client.get(path).status_code == 302


def test_a_record_page_costs_as_many_queries_with_many_rows_as_with_few(
    client_of, rep, make_contact, make_company, monkeypatch
):
    monkeypatch.setattr(remember, "SECONDS", 1e9)  # a slow machine must not ask again in the middle of a count
    monkeypatch.setattr(Workspace, "CACHE_SECONDS", 1e9)
    company = make_company(emails=["info@x.example"])
    contact = make_contact("Maya", company=company, emails=["a@x.example"])
    client = client_of(rep)
    counts: dict[str, list[int]] = {}
    for _round in range(2):
        for address in (f"/contacts/{contact.pk}/", f"/companies/{company.pk}/"):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.setdefault(address, []).append(len(queries))
        for i in range(12):
            make_contact(f"Colleague {i}", company=company)
            make_company(f"Sub {i}", parent=company)
        emails = ["a@x.example", *(f"a{i}@x.example" for i in range(9))]
        edit_contact(contact_id=contact.pk, values={"emails": emails}, actor=Actor.of(rep))
    assert all(first == second for first, second in counts.values()), counts


@pytest.mark.parametrize("path", ["/contacts/new/", "/leads/new/", "/companies/new/", "edit/", "stage/"])
def test_forms_open_in_the_dialog(client_of, rep, maya, path):
    url = path if path.startswith("/") else f"/contacts/{maya.pk}/{path}"
    body = client_of(rep).get(url, headers={**HTMX, "HX-Target": "modal-body"}).content.decode()
    assert 'id="modal-title"' in body
    assert "<html" not in body
