"""The bin (R8) and addresses that come in again (R4)."""

import pytest
from django.core.exceptions import PermissionDenied

from contacts.events import ContactBinned, LeadReturned
from contacts.models import Company, Contact, LeadStatus
from contacts.services import (
    bin_companies,
    bin_contacts,
    change_lead_status,
    create_contact,
    edit_contact,
    restore_companies,
    restore_contacts,
    return_leads,
)
from contacts.services.drafts import AddressTaken
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event


def test_a_binned_contact_is_gone_from_the_lists_and_its_address_is_free(rep, maya):
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert not Contact.objects.visible_to(rep).live().exists()
    assert not maya.emails.get().live
    assert Event.objects.filter(name=ContactBinned.name).count() == 1


def test_a_restored_contact_has_its_address_again(rep, maya):
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    restore_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    maya.refresh_from_db()
    assert maya.binned_at is None
    assert maya.emails.get().live


def test_restoring_is_refused_while_somebody_else_has_the_address_and_says_who(rep, maya):
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    values = {"first_name": "Mia", "emails": ["maya@nordhavn.example"], "owner": rep}
    create_contact(values=values, despite_binned=True, actor=Actor.of(rep))
    with pytest.raises(AddressTaken, match="Mia"):
        restore_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    maya.refresh_from_db()
    assert maya.binned_at is not None


def test_deleting_needs_the_right_to_delete(mate, stranger, viewer, maya, database_diff):
    with database_diff() as diff:
        for person in (mate, viewer):
            with pytest.raises(PermissionDenied):
                bin_contacts(contact_ids=[maya.pk], actor=Actor.of(person))
        with pytest.raises(Contact.DoesNotExist):
            bin_contacts(contact_ids=[maya.pk], actor=Actor.of(stranger))
    assert diff.empty


def test_contacts_and_subsidiaries_of_a_binned_company_stay_and_lose_the_link(rep, make_company, make_contact):
    company = make_company(domains=["nordhavn.example"])
    child, contact = make_company("Child", parent=company), make_contact(company=company)
    bin_companies(company_ids=[company.pk], actor=Actor.of(rep))
    for record in (child, contact):
        record.refresh_from_db()
    assert (child.parent, contact.company) == (None, None)
    assert "nordhavn" not in contact.search_text
    make_company("Another", domains=["nordhavn.example"])


def test_restoring_a_company_brings_back_the_links_that_nobody_has_set_since(rep, make_company, make_contact):
    company, other = make_company(), make_company("Other")
    child = make_company("Child", parent=company)
    stayed, moved = make_contact("Stayed", company=company), make_contact("Moved", company=company)
    free = make_contact("Free")
    bin_companies(company_ids=[company.pk], actor=Actor.of(rep))
    edit_contact(contact_id=moved.pk, values={"company": other}, actor=Actor.of(rep))
    restore_companies(company_ids=[company.pk], actor=Actor.of(rep))
    for record in (child, stayed, moved, free):
        record.refresh_from_db()
    assert (child.parent, stayed.company, moved.company, free.company) == (company, company, other, None)
    assert "nordhavn" in stayed.search_text


def test_restoring_a_company_is_refused_while_another_has_its_domain(rep, make_company):
    company = make_company(domains=["nordhavn.example"])
    bin_companies(company_ids=[company.pk], actor=Actor.of(rep))
    make_company("Other", domains=["nordhavn.example"])
    with pytest.raises(Refused, match=r"nordhavn\.example"):
        restore_companies(company_ids=[company.pk], actor=Actor.of(rep))


def test_undoing_a_deletion_brings_back_record_and_links(rep, make_company, make_contact):
    company = make_company(domains=["nordhavn.example"])
    contact = make_contact(company=company)
    actor = Actor.of(rep)
    bin_companies(company_ids=[company.pk], actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    contact.refresh_from_db()
    assert contact.company == company
    assert Company.objects.live().filter(pk=company.pk).exists()
    assert "nordhavn" in contact.search_text


def test_a_known_address_that_comes_in_again_makes_no_second_contact(rep, maya):
    change_lead_status(contact_id=maya.pk, status=LeadStatus.UNQUALIFIED, reason="No budget", actor=Actor.of(rep))
    row = {"emails": ["Maya@Nordhavn.example"], "first_name": "M.", "job_title": "CFO", "city": "Oslo"}
    (found,) = return_leads(rows=[row], source="form", actor=Actor.of(rep))
    maya.refresh_from_db()
    assert found == maya
    assert (maya.first_name, maya.job_title, maya.city, maya.owner) == ("Maya", "CFO", "Oslo", rep)
    assert maya.lead_status == LeadStatus.NEW
    assert Contact.objects.count() == 1
    (event,) = Event.objects.filter(name=LeadReturned.name)
    assert event.data["reopened"] is True
    assert event.data["source"] == "form"


def test_a_lead_at_work_keeps_its_status_and_its_number_when_it_comes_in_again(rep, maya):
    change_lead_status(contact_id=maya.pk, status=LeadStatus.WORKING, actor=Actor.of(rep))
    return_leads(
        rows=[{"emails": ["maya@nordhavn.example"], "phones": ["+4531550199"]}], source="form", actor=Actor.of(rep)
    )
    maya.refresh_from_db()
    assert maya.lead_status == LeadStatus.WORKING
    assert maya.primary_phone == "+4531550187"


def test_who_may_only_see_the_contact_leaves_a_note_and_changes_nothing(mate, stranger, maya):
    row = {"emails": ["maya@nordhavn.example"], "job_title": "CFO"}
    assert return_leads(rows=[row], source="form", actor=Actor.of(mate)) == [maya]
    assert return_leads(rows=[row, {"emails": ["new@x.example"]}], source="form", actor=Actor.of(stranger)) == [
        None,
        None,
    ]
    maya.refresh_from_db()
    assert maya.job_title == ""
    assert Event.objects.filter(name=LeadReturned.name).count() == 1
