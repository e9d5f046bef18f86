"""Two records chosen by hand, or ticked on a list, lead to their comparison (M3)."""

import pytest

from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor

HTMX = {"HX-Request": "true"}


@pytest.fixture
def two(rep):
    """Two contacts that nobody would take for one, the older first."""
    me = Actor.of(rep)
    return [create_contact(values={"first_name": name, "owner": rep}, actor=me).pk for name in ("Ada", "Bruno")]


def test_a_record_chosen_by_hand_leads_to_the_comparison(client_of, manager, stranger, two):
    hidden = create_contact(values={"first_name": "Hidden", "owner": stranger}, actor=Actor.of(stranger)).pk
    client, address = client_of(manager), f"/duplicates/contact/{two[1]}/"
    assert address in client.get(f"/contacts/{two[1]}/").content.decode()
    answer = client.post(address, {"other": two[0]})
    assert (answer.status_code, answer["Location"]) == (302, f"/duplicates/contact/{two[1]}/{two[0]}/")
    assert client.get(answer["Location"]).status_code == 200
    for other, words in (
        ("", "Choose a record"),
        ("x", "Choose a record"),
        (hidden, "Choose a record"),
        (two[1], "itself"),
    ):
        answer = client.post(address, {"other": other})
        assert (answer.status_code, words in answer.content.decode()) == (422, True), other
    for gone in (f"/duplicates/deal/{two[1]}/", f"/duplicates/company/{two[1]}/", f"/duplicates/contact/{hidden}/"):
        assert client.get(gone).status_code == 404


def test_two_ticked_rows_lead_to_the_comparison_and_the_older_is_kept(client_of, rep, manager, two):
    client = client_of(manager)
    chosen = {"list": "contacts", "ids": [str(pk) for pk in reversed(two)]}
    answer = client.post("/duplicates/ticked/", chosen, headers=HTMX)
    assert answer["HX-Redirect"].endswith(f"/duplicates/contact/{two[0]}/{two[1]}/")
    assert client.post("/duplicates/ticked/", chosen).status_code == 302
    one = client.post("/duplicates/ticked/", {**chosen, "ids": str(two[0])}, headers=HTMX)
    assert "Tick exactly two rows" in one["HX-Trigger"]
    firms = [create_company(values={"name": name, "owner": rep}, actor=Actor.of(rep)).pk for name in ("A", "B")]
    answer = client.post("/duplicates/ticked/", {"list": "companies", "ids": firms})
    assert answer["Location"] == f"/duplicates/company/{firms[0]}/{firms[1]}/"
    for sent, status in (
        ({"list": "deals", "ids": two[0]}, 404),
        ({"list": "nonsense"}, 400),
        ({"list": "contacts", "ids": "x"}, 400),
    ):
        assert client.post("/duplicates/ticked/", sent).status_code == status
    assert "/duplicates/ticked/" in client.get("/contacts/").content.decode()
    assert "/duplicates/ticked/" not in client_of(rep).get("/contacts/").content.decode()
