"""Two companies become one (M3), with people, deals, domains and subsidiaries; and apart again (M4)."""

import pytest

from activities.models import Activity
from activities.services.recording import ActivityRow, log_activity
from contacts.models import Company, CompanyDomain, CompanyEmail, Contact
from contacts.services import edit_company
from contacts.services.merging import merge_companies
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event
from deals.models import Deal

from .conftest import business


@pytest.fixture
def other(make_company, mate) -> Company:
    """The same company once more."""
    return make_company(
        "Nordhavn Ferries A/S", by=mate, domains=["nordhavn.test"], industry="Shipping", tags=["partner"],
        emails=["info@nordhavn.example", "sales@nordhavn.example"], phones=["+4531550100", "+4531550101"],
    )  # fmt: skip


def merge(survivor, loser, actor, **choices):
    return merge_companies(survivor_id=survivor.pk, loser_id=loser.pk, actor=actor, choices=choices)


def test_people_deals_activities_domains_and_addresses_come_together(
    boss, rep, nordhavn, other, maya, make_contact, work
):
    paul = make_contact("Paul", company=other)
    call = log_activity(row=ActivityRow(type="call", company_id=other.pk), actor=Actor.of(rep))
    before = business()
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    merged = merge(nordhavn, other, boss, name="loser")
    assert merged.name == "Nordhavn Ferries A/S" and merged.industry == "Shipping" and merged.tags == ["partner"]
    assert set(Contact.objects.filter(company=nordhavn)) == {maya, paul}
    assert Activity.objects.get(pk=call.pk).company_id == nordhavn.pk
    assert set(CompanyDomain.objects.filter(company=nordhavn, live=True).values_list("domain", flat=True)) == {
        "nordhavn.example", "nordhavn.test",
    }  # fmt: skip
    assert CompanyEmail.objects.filter(company=nordhavn).count() == 2
    assert CompanyEmail.objects.filter(company=nordhavn, primary=True).count() == 1
    paul.refresh_from_db()
    assert "a/s" in paul.search_text and "a/s" in Deal.objects.get(pk=work["shared"].pk).search_text
    assert [event.name for event in Event.objects.filter(pk__gt=last)] == ["company.merged"]
    undo(changeset_id=boss.last_change, actor=boss)
    assert business() == before
    # Deals move by a merge and fire no rules; so do they when they move back, and rules that listen to undos hear nothing. What
    # the engine knows of the two companies it finds out anew: told of each, after the undo and after the undo of that.
    undo(changeset_id=boss.last_change, actor=boss)
    told = [event.name for event in Event.objects.filter(pk__gt=last).order_by("pk")]
    assert told == ["company.merged", *["record.merge_undone"] * 4]


@pytest.mark.parametrize("case", ["loser below survivor", "survivor below loser", "grandchild"])
def test_no_company_comes_to_stand_below_itself(case, boss, nordhavn, other, make_company):
    top, between = make_company("Holding"), make_company("Between")
    low, high = (other, nordhavn) if case == "loser below survivor" else (nordhavn, other)
    edit_company(company_id=high.pk, values={"parent": top}, actor=boss)
    if case == "grandchild":
        edit_company(company_id=between.pk, values={"parent": high}, actor=boss)
        edit_company(company_id=low.pk, values={"parent": between}, actor=boss)
    else:
        edit_company(company_id=low.pk, values={"parent": high}, actor=boss)
    before = business()
    if case == "grandchild":
        with pytest.raises(Refused, match="stands below"):
            merge(nordhavn, other, boss, parent="survivor")
        assert business() == before
    merged = merge(nordhavn, other, boss)
    assert merged.parent == top
    between.refresh_from_db()
    assert between.parent_id == (nordhavn.pk if case == "grandchild" else None)
    undo(changeset_id=boss.last_change, actor=boss)
    assert business() == before


def test_subsidiaries_follow(boss, nordhavn, other, make_company):
    child = make_company("Nordhavn Tours", parent=other)
    merge(nordhavn, other, boss)
    child.refresh_from_db()
    assert child.parent_id == nordhavn.pk


def test_the_old_address_leads_on(client_of, manager, boss, nordhavn, other):
    merge(nordhavn, other, boss)
    response = client_of(manager).get(f"/companies/{other.pk}/", follow=True)
    assert response.redirect_chain == [(f"/companies/{nordhavn.pk}/", 302)]
