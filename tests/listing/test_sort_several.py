"""Orders by several columns and by custom fields: pages by keys, empty values last, and the limit said."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact
from contacts.services import create_contacts
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing import lists
from crm.kernel.listing.orders import SeveralPager
from crm.kernel.listing.sorting import Sort

from .test_lists import ids

BY_TOUCH = Sort("touched", "", "last_touch_at", descending=True, nullable=True)
BY_SCORE = Sort("score", "", "lead_score", descending=True, indexed=False)
BY_NEXT = Sort("next", "", "next_step_at", nullable=True)


def fill(rep, rows):
    contacts = create_contacts(
        rows=[{"last_name": f"N{i}", "owner": rep} for i in range(len(rows))], actor=Actor.of(rep)
    )
    with changeset(Actor.system("test data"), "test.fill"):
        for contact, (touched, score) in zip(contacts, rows, strict=True):
            at = None if touched is None else f"2026-11-{touched + 1:02}T10:00:00Z"
            Contact.objects.filter(pk=contact.pk).update(last_touch_at=at, next_step_at=at, lead_score=score)


@pytest.mark.parametrize("sorts", [(BY_TOUCH, BY_SCORE), (BY_SCORE, BY_NEXT), (BY_NEXT, BY_TOUCH, BY_SCORE)])
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 2)), st.integers(0, 2)), max_size=14),
    size=st.integers(1, 5), reverses=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)  # fmt: skip
def test_the_pages_together_are_the_whole_list_once_in_order(rep, sorts, rows, size, reverses):
    with changeset(Actor.system("test data"), "test.clean"):
        Contact.objects.all().delete()
    fill(rep, rows)
    order = tuple(zip(sorts, reverses, strict=False))
    values = {f"_sort{i}": sort.column for i, sort in enumerate(sorts)}
    from django.db.models import F

    read = Contact.objects.values("pk", **{name: F(column) for name, column in values.items()})
    by = [sort.ordering(reverse)[0] for sort, reverse in order]
    first, reverse = order[0]
    by.append(F("pk").desc() if first.descending is not reverse else F("pk").asc())
    whole = [row["pk"] for row in read.order_by(*by)]
    pager = SeveralPager(read, order, size)
    page = pager.page()
    seen = [row["pk"] for row in page.rows]
    while page.next is not None:
        place = type(page.next).decode(page.next.encode(), order, Contact)
        assert place == page.next
        page = pager.page(after=place)
        seen += [row["pk"] for row in page.rows]
    assert seen == whole
    back = [row["pk"] for row in page.rows]
    while page.previous is not None:
        page = pager.page(before=page.previous)
        back = [row["pk"] for row in page.rows] + back
    assert list(dict.fromkeys(back)) == whole


def test_a_list_is_sorted_by_two_columns_and_says_where_it_is_cut(client_of, rep, monkeypatch):
    fill(rep, [(0, 2), (1, 1), (2, 2), (None, 1)])
    body = client_of(rep).get("/contacts/?sort=score,-touched")
    names = dict(Contact.objects.values_list("pk", "last_name"))
    assert [names[next(pk for pk in names if str(pk) == each)] for each in ids(body)] == ["N0", "N2", "N3", "N1"]
    monkeypatch.setattr(lists, "SORTABLE", 3)
    assert "only the first 10,000 are sorted" in client_of(rep).get("/contacts/?sort=score,-touched").content.decode()


@pytest.mark.parametrize("sort", ["name,password", "name,-name", "name,score,created,touched", ",", "cf_gone", "-"])
def test_an_unknown_or_repeated_order_is_refused(client_of, rep, sort):
    assert client_of(rep).get("/contacts/", {"sort": sort}).status_code == 400


@pytest.mark.parametrize("after", ["W10", "WyJ4Il0", "bm8"])
def test_a_place_of_another_order_is_refused(client_of, rep, after):
    assert client_of(rep).get("/contacts/", {"sort": "score,-touched", "after": after}).status_code == 400


def test_the_form_of_orders_becomes_one_parameter(client_of, rep):
    answer = client_of(rep).get("/contacts/?panel=sort&stage=lead&by=score&way=usual&by=name&way=reverse&by=&way=usual")
    assert answer.url == "/contacts/?stage=lead&sort=score%2C-name"


def test_a_custom_field_sorts_by_its_type_with_empty_values_last(client_of, rep):
    with changeset(Actor.system("test data"), "test.fields"):
        CustomField.objects.create(record_kind="contact", key="seats", label="Seats", type="number")
    fill(rep, [(0, 0)] * 4)
    with changeset(Actor.system("test data"), "test.fill"):
        for name, value in (("N0", "9"), ("N1", "10"), ("N2", "many")):
            Contact.objects.filter(last_name=name).update(custom={"seats": value})
    client = client_of(rep)
    order = re.findall(r">(N\d)<", client.get("/contacts/?sort=cf_seats").content.decode())
    assert order[:2] == ["N1", "N0"]
    assert sorted(order[2:]) == ["N2", "N3"]
    assert re.findall(r">(N\d)<", client.get("/contacts/?sort=name,cf_seats").content.decode()) == [
        "N0",
        "N1",
        "N2",
        "N3",
    ]
