"""Going back to an earlier value from a record's history, as a command of its own (H3)."""

import pytest
from django.core.exceptions import PermissionDenied

from contacts.models import Company, Contact
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact, edit_contact
from crm.kernel.audit.undo import undo
from crm.kernel.audit.values import restore_value
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of
from deals.models import Deal
from deals.services import create_deal, edit_deal


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def contact(me) -> Contact:
    values = {"first_name": "Lena", "last_name": "Fischer", "owner_id": me.id, "job_title": "COO", "tags": ["vip"]}
    contact = create_contact(values=values, actor=me)
    edit_contact(contact_id=contact.pk, values={"job_title": "CEO", "tags": ["fair"]}, actor=me)
    return contact


def first_row(model, pk):
    return history_of(model).objects.filter(pgh_obj_id=pk).order_by("pgh_id").first().pgh_id


def test_a_value_comes_back_and_the_others_stay(me, contact):
    said = restore_value(
        model=Contact, record_id=contact.pk, field="job_title", row=first_row(Contact, contact.pk), actor=me
    )
    contact.refresh_from_db()
    assert (said, contact.job_title, contact.tags) == ("COO", "COO", ["fair"])
    undo(changeset_id=me.last_change, actor=me)
    contact.refresh_from_db()
    assert contact.job_title == "CEO"


def test_a_deal_gets_back_its_company_and_amount(me, rep):
    company = create_company(values={"name": "Atlas", "owner_id": rep.pk}, actor=me)
    deal = create_deal(actor=me, title="Atlas", owner=rep, company=company, amount=100)
    edit_deal(deal_id=deal.pk, values={"company": None, "amount": None}, actor=me)
    for field in ("company", "amount"):
        restore_value(model=Deal, record_id=deal.pk, field=field, row=first_row(Deal, deal.pk), actor=me)
    deal.refresh_from_db()
    assert (deal.company_id, deal.amount) == (company.pk, 100)
    with pytest.raises(Refused):
        restore_value(model=Deal, record_id=deal.pk, field="stage", row=first_row(Deal, deal.pk), actor=me)


def test_rights_and_rows_of_others(me, mate, stranger, contact, database_diff):
    row = first_row(Contact, contact.pk)
    other = create_company(values={"name": "Atlas", "owner_id": me.id}, actor=me)
    with database_diff() as diff:
        with pytest.raises(PermissionDenied):
            restore_value(model=Contact, record_id=contact.pk, field="job_title", row=row, actor=Actor.of(mate))
        with pytest.raises(Contact.DoesNotExist):
            restore_value(model=Contact, record_id=contact.pk, field="job_title", row=row, actor=Actor.of(stranger))
        with pytest.raises(Contact.DoesNotExist):
            restore_value(model=Contact, record_id=contact.pk, field="job_title", row=row + 999, actor=me)
        with pytest.raises(Company.DoesNotExist):
            restore_value(model=Company, record_id=other.pk, field="industry", row=row, actor=me)
    assert diff.empty


def test_the_history_offers_earlier_values_to_whoever_may_edit(client_of, rep, mate, contact):
    path = f"/history/contact/{contact.pk}/"
    page = client_of(rep).get(path).content.decode()
    assert "Go back to “COO”" in page and "Go back to “vip”" in page
    assert "Go back to" not in client_of(mate).get(path).content.decode()


def test_the_button_answers_with_a_toast_that_undoes(client_of, rep, contact):
    client = client_of(rep)
    data = {"field": "job_title", "row": first_row(Contact, contact.pk)}
    response = client.post(f"/history/contact/{contact.pk}/restore/", data, headers={"HX-Request": "true"})
    assert response.status_code == 200 and "/undo/" in response.headers["HX-Trigger"]
    assert "COO" in response.headers["HX-Trigger"]
    plain = client.post(f"/history/contact/{contact.pk}/restore/", data)
    assert plain.headers["Location"] == f"/history/contact/{contact.pk}/"
    for wrong in ({"field": "job_title", "row": "x"}, {"field": "job_title", "row": "1"}):
        assert client.post(f"/history/contact/{contact.pk}/restore/", wrong).status_code == 404
    assert client.post(f"/history/contact/{contact.pk}/restore/", data | {"field": "id"}).status_code == 302
