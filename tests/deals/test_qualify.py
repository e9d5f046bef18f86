"""Qualifying a lead (R4)."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from contacts.models import Contact, Lifecycle
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event
from deals.models import Deal
from deals.services import qualify_lead


def test_it_makes_a_deal_for_the_contact_and_its_company(contact, company, as_rep, rep, pipeline):
    deal, created = qualify_lead(contact_id=contact.pk, actor=as_rep, amount=Decimal(5000))
    contact.refresh_from_db()
    assert created
    assert (deal.company, deal.owner, deal.amount, deal.title) == (company, rep, Decimal(5000), "Atlas Logistics")
    assert deal.people.get().contact == contact
    assert contact.lifecycle == Lifecycle.OPPORTUNITY
    assert Event.objects.filter(name="lead.qualified", subject_id=deal.pk).count() == 1


def test_the_second_click_leads_to_the_same_deal(contact, as_rep, pipeline, database_diff):
    first = qualify_lead(contact_id=contact.pk, actor=as_rep)
    with database_diff() as diff:
        second = qualify_lead(contact_id=contact.pk, actor=as_rep)
    assert (second.deal, second.created) == (first.deal, False)
    assert diff.empty


def test_an_unowned_lead_becomes_the_actors_and_nothing_else_changes(company, as_rep, rep, pipeline, system):
    with changeset(system, "test.lead"):
        lead = Contact.objects.create(first_name="Ada", company=company, source="Web", lead_status="working")
    deal, _created = qualify_lead(contact_id=lead.pk, actor=as_rep)
    lead.refresh_from_db()
    assert lead.owner == rep
    assert deal.owner == rep
    assert (lead.source, lead.lead_status, lead.company, deal.source) == ("Web", "working", company, "Web")


@pytest.mark.parametrize(("who", "error"), [("stranger", Contact.DoesNotExist), ("mate", PermissionDenied)])
def test_rights(contact, who, error, request, database_diff, pipeline):
    actor = Actor.of(request.getfixturevalue(who))
    with database_diff() as diff, pytest.raises(error):
        qualify_lead(contact_id=contact.pk, actor=actor)
    assert diff.empty


def test_a_contact_that_is_no_lead_and_has_no_deal_is_refused(contact, as_rep, pipeline, system):
    with changeset(system, "test.other"):
        contact.lifecycle = Lifecycle.OTHER
        contact.save()
    with pytest.raises(Refused):
        qualify_lead(contact_id=contact.pk, actor=as_rep)
    assert not Deal.objects.exists()
