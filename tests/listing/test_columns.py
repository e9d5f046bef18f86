"""Columns that a person chooses: order, widths, density, custom fields, and what becomes of them on a phone."""

import re

import pytest

from contacts.lists import CompanyList
from contacts.models import Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing.columns import Column, phone_places
from crm.kernel.listing.layouts import Layout
from crm.kernel.listing.models import ListPreference

HEAD = re.compile(r'data-column="([^"]+)"')


def heads(response) -> list[str]:
    return HEAD.findall(response.content.decode())


@pytest.fixture
def plan(rep):
    """A custom dropdown of contacts, and a contact with a value."""
    with changeset(Actor.system("test data"), "test.fields"):
        field = CustomField.objects.create(
            record_kind="contact", key="plan", label="Plan", type="dropdown", options=[{"key": "g", "label": "Gold"}]
        )
    contact = create_contact(values={"last_name": "Holm", "owner": rep, "city": "Aarhus"}, actor=Actor.of(rep))
    with changeset(Actor.system("test data"), "test.fill"):
        Contact.objects.filter(pk=contact.pk).update(custom={"plan": "g"})
    return field


def choose(client, **values):
    return client.post("/lists/contacts/layout/", {"density": "compact", "size": "25", **values})


def test_chosen_columns_are_shown_in_their_order_with_the_name_first(client_of, rep, mate, plan):
    client = client_of(rep)
    answer = choose(
        client, column=["city", "cf_plan", "owner", "password"], **{"width-city": "240"}, query="stage=lead"
    )
    assert answer.url == "/contacts/?stage=lead"
    response = client.get("/contacts/")
    assert heads(response) == ["name", "city", "cf_plan", "owner"]
    body = response.content.decode()
    assert "Gold" in body
    assert '<col width="240">' in body
    assert 'data-density="compact"' in body
    assert "company" in heads(client_of(mate).get("/contacts/"))
    choose(client, reset="1")
    assert "company" in heads(client.get("/contacts/"))


def test_domains_and_numbers_of_companies_are_columns_that_cost_one_query_each(
    client_of, rep, django_assert_num_queries
):
    for number in range(3):
        name, phones = f"Acme {number}", [f"+453319530{number}"]
        values = {"name": name, "domains": [f"a{number}.example", f"b{number}.example"], "phones": phones, "owner": rep}
        create_company(values=values, actor=Actor.of(rep))
    client = client_of(rep)
    client.post("/lists/companies/layout/", {"density": "compact", "size": "25", "column": ["domains", "phones"]})
    response = client.get("/companies/")
    assert heads(response) == ["name", "domains", "phones"]
    assert "a1.example, b1.example" in response.content.decode()
    assert "+45 33 19 53 01" in response.content.decode()
    rows = CompanyList.for_query("", Actor.of(rep)).page.rows
    with django_assert_num_queries(3):  # the layout, domains, numbers
        CompanyList.for_query("", Actor.of(rep)).filled(rows)


def test_dragging_an_edge_keeps_widths_alone(client_of, rep, plan):
    client = client_of(rep)
    choose(client, column=["city", "owner"])
    response = client.post(
        "/lists/contacts/layout/", {"widths": "1", "width-city": "300", "width-name": "9999", "width-x": "3"}
    )
    assert response.status_code == 204
    layout = ListPreference.objects.get(user=rep, list_key="contacts").layout
    assert layout["widths"] == {"city": 300, "name": 800}
    assert layout["columns"] == ["city", "owner"]


def test_the_chooser_offers_all_columns_that_one_may_see(client_of, rep, plan):
    body = client_of(rep).get("/contacts/?panel=columns").content.decode()
    assert 'name="column" value="cf_plan"' in body
    assert 'name="column" value="phone"' in body
    with changeset(Actor.system("test data"), "test.hide"):
        CustomField.objects.update(roles=["manager"])
    choose(client_of(rep), column=["cf_plan", "city"])
    from crm.kernel.core.remember import forget

    forget()
    assert "cf_plan" not in client_of(rep).get("/contacts/?panel=columns").content.decode()
    assert heads(client_of(rep).get("/contacts/")) == ["name", "city"]


@pytest.mark.parametrize("path", ["/lists/nothing/layout/", "/lists/board/layout/", "/lists/contact-bin/layout/"])
def test_lists_without_layouts_have_no_chooser(client_of, rep, path):
    assert client_of(rep).post(path, {"column": "x"}).status_code == 404


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {"columns": 3, "widths": [], "density": "huge", "size": 7}, {"widths": {"a": True, "b": "x"}}],
)
def test_a_layout_that_does_not_fit_is_the_usual_one(data):
    assert Layout.read(data) == Layout()


def test_a_phone_shows_the_name_and_three_more_whatever_is_chosen():
    def column(key, phone=""):
        return Column(key, key, (), lambda row, page: "", phone=phone)

    assert phone_places([column("a"), column("b", "sub"), column("c"), column("d", "end"), column("e"), column("f")]) == [
        "main", "sub", "sub-end", "end", "", "",
    ]  # fmt: skip


def test_every_list_names_each_column_filter_and_order_once():
    from crm.kernel.listing.lists import _lists

    for kind in _lists.values():
        plain = {sort.key for sort in kind.sorts}
        own = {column.order.key for column in (*kind.columns, *kind.extra_columns) if column.order}
        used = {column.sort for column in (*kind.columns, *kind.extra_columns) if column.sort}
        assert used <= plain | own, kind
        keys = [column.key for column in (*kind.columns, *kind.extra_columns)]
        assert len(keys) == len(set(keys)), kind
        fields = [each.key for each in kind.conditions]
        assert len(fields) == len(set(fields)), kind
        assert len({each.key for each in kind.filters}) == len(kind.filters), kind
        assert len(plain) == len(kind.sorts), kind
