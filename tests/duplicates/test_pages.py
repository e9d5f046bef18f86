"""The queue, the comparison, hints, rules: pages, by people (M1-M3, U3)."""

import pytest
from django.urls import reverse

from contacts.models import Contact, DuplicateCheck, DuplicatePair, DuplicateRules, DuplicateScan
from contacts.services import edit_contact
from contacts.services.duplicates import finding
from contacts.services.duplicates.rules import rules_for
from crm.kernel.core.changes import Actor
from crm.kernel.listing import runs
from crm.kernel.listing.bulk.models import BulkRun


@pytest.fixture
def pair(maya, double) -> DuplicatePair:
    """The pair, found."""
    while DuplicateCheck.objects.exists():
        finding.check_waiting()
    return DuplicatePair.objects.get()


def merge_url(one, other):
    return f"/duplicates/contact/{one.pk}/{other.pk}/"


def test_the_queue_shows_reasons_and_both_sides(client_of, manager, pair, work):
    page = client_of(manager).get("/duplicates/").text
    assert "Same phone, similar name" in page and "Maya Lindquist" in page and "Head of Operations" in page
    assert "<b>3 activities</b>" in page and "<b>2 deals</b>" in page and "<b>1 task</b>" in page
    assert "Merge and show next" in page


def test_a_pair_is_shown_only_to_who_sees_both(client_of, stranger, pair):
    page = client_of(stranger).get("/duplicates/").text
    assert "Lindqvist" not in page and "No duplicates" in page


def test_merging_takes_the_choices_and_goes_on_with_the_next(client_of, manager, maya, double, pair):
    sent = {
        "name": "loser", "job_title": "survivor", "emails_shown": "1", "emails": ["maya@lindquist.example"],
        "next": "?kind=contact",
    }  # fmt: skip
    response = client_of(manager).post(merge_url(maya, double), sent)
    maya.refresh_from_db()
    assert response.status_code == 302 and response.url == "/duplicates/?kind=contact"
    assert maya.name == "Maya Lindquist" and maya.primary_email == "maya@lindquist.example"


def test_who_may_not_merge_sees_why(client_of, rep, mate, pair):
    page = client_of(rep).get("/duplicates/").text
    assert "right to edit both" in page and "Merge and show next" not in page
    first, second = pair.first_id, pair.second_id
    assert client_of(rep).post(f"/duplicates/contact/{first}/{second}/").status_code == 403
    assert client_of(rep).post(f"/duplicates/contact/{first}/{second}/dismiss/").status_code == 403


@pytest.mark.parametrize("address", ["?kind=deal", "?owner=all", "?sure=1", "?after=x"])
def test_an_address_that_means_nothing_answers_400_and_names_it(client_of, manager, address):
    response = client_of(manager).get(f"/duplicates/{address}")
    assert response.status_code == 400 and address.partition("=")[2] in response.text


@pytest.mark.parametrize("way", ["itself", "another kind", "merged"])
def test_refusals_are_told_and_change_nothing(client_of, manager, maya, double, nordhavn, pair, way):
    client = client_of(manager)
    if way == "merged":
        client.post(merge_url(maya, double))
    other = {"itself": maya, "another kind": nordhavn, "merged": double}[way]
    response = client.post(merge_url(maya, other), follow=True)
    words = {"itself": "itself", "another kind": "company with a company", "merged": "merged already"}[way]
    assert words in response.text and response.status_code == 200


def test_not_one_is_remembered_and_can_be_looked_at_again(client_of, manager, maya, double, pair):
    client = client_of(manager)
    client.post(merge_url(maya, double) + "dismiss/")
    page = client.get("/duplicates/dismissed/").text
    assert "Maya Lindquist" in page and not DuplicatePair.objects.exists()
    address = page.partition('action="/duplicates/dismissed/')[2].partition('"')[0]
    client.post(f"/duplicates/dismissed/{address}")
    finding.check_waiting()
    assert DuplicatePair.objects.exists()


def test_all_certain_ones_are_merged_in_one_change_set(client_of, admin, make_contact, manager):
    for name in ("Ann", "Bo"):
        for _twice in range(3):
            make_contact(name, last_name="Berg", phones=[f"+45315501{len(name)}0"], by=manager)
    while DuplicateCheck.objects.exists():
        finding.check_waiting()
    client = client_of(manager)
    assert "Merge all certain ones" in client.get("/duplicates/").text
    sent = {"list": "certain_contact_pairs", "all": "1"}
    assert "6 certain pairs" in client.post("/bulk/merge_contact/", sent).text
    client.post("/bulk/merge_contact/", sent | {"step": "go"})
    runs.sweep()
    run = BulkRun.objects.get()
    assert (run.state, run.count("done"), run.count("unchanged")) == ("done", 4, 2)
    assert Contact.objects.live().count() == 2
    page = client.get(reverse("listing:bulk_run", args=[run.pk])).text
    assert "4 pairs merged" in page
    client.post(reverse("audit:undo", args=[run.changeset_id]))
    assert Contact.objects.live().count() == 6


def test_the_page_of_a_record_says_that_it_may_be_doubled(client_of, rep, maya, pair):
    page = client_of(rep).get(f"/contacts/{maya.pk}/").text
    assert "1 possible duplicate" in page and "Compare" in page


def test_hints_while_typing_name_only_what_the_person_sees(client_of, rep, stranger, maya, pair):
    typed = {
        "first_name": "Maia",
        "last_name": "Lindqvist",
        "phones": "31 55 01 87",
        "company_text": "Nordhavn Ferries",
    }
    typed["phones"] = "+45 31550187"
    assert "Maya Lindqvist" in client_of(rep).get("/duplicates/hints/contact/", typed).text
    assert "Lindqvist" not in client_of(stranger).get("/duplicates/hints/contact/", typed).text
    taken = client_of(stranger).get("/duplicates/hints/contact/", {"emails": "maya.lindqvist@nordhavn.example"}).text
    assert "is already in the workspace" in taken and "Maya Lindqvist" not in taken
    assert (
        client_of(rep).get("/duplicates/hints/contact/", {"first_name": "\x00", "emails": "nobody"}).text.strip() == ""
    )


def test_hints_of_companies(client_of, rep, nordhavn, maya, pair):
    page = client_of(rep).get("/duplicates/hints/company/", {"name": "Nordhavn Ferries A/S"}).text
    assert "Nordhavn Ferries" in page


def test_rules_are_settings(client_of, admin, maya, double, pair):
    client = client_of(admin)
    page = client.get("/settings/duplicates/contact/")
    assert "Scan now" in page.text
    sent = {name: field.initial for name, field in page.context["form"].fields.items()}
    sent |= {"possible": 60, "certain": 95, "phone__same": 0}
    assert client.post("/settings/duplicates/contact/", sent).status_code == 302
    assert "phone" not in [rule.field for rule in rules_for("contact").rules]
    edit_contact(contact_id=maya.pk, values={"language": "Danish"}, actor=Actor.of(admin))
    finding.check_waiting()
    assert not DuplicatePair.objects.exists()
    response = client.post("/settings/duplicates/contact/", sent | {"certain": 10})
    assert response.status_code == 422 and DuplicateRules.objects.get().certain == 95


def test_a_scan_is_started_watched_and_stopped(client_of, admin, maya, double):
    client = client_of(admin)
    client.post("/settings/duplicates/contact/scan/")
    scan = DuplicateScan.objects.get()
    page = client.get("/settings/duplicates/contact/", headers={"HX-Request": "true", "HX-Target": "scan"}).text
    assert "Waiting for the worker" in page
    client.post(f"/settings/scans/{scan.pk}/stop/")
    assert "was stopped" in client.get("/settings/duplicates/contact/").text
    client.post(f"/settings/scans/{scan.pk}/resume/")
    runs.sweep()
    assert "1 pair" in client.get("/settings/duplicates/contact/").text
