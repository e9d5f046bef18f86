"""Editing contacts and companies: versions, conflicts, derived columns, rings of parents (P3, R2, R3)."""

import pytest
from django.core.exceptions import PermissionDenied

from contacts.events import ContactChanged, OwnerChanged
from contacts.models import Contact, LeadStatus, Lifecycle
from contacts.services import assign_owner, change_lead_status, churn_contact, claim_contact, edit_company, edit_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.models import Event


def edit(person, contact, **values):
    return edit_contact(contact_id=contact.pk, values=values, actor=Actor.of(person))


def test_a_change_raises_the_version_once_and_names_its_fields(rep, maya):
    changed = edit(rep, maya, job_title="CFO", emails=["maya@nordhavn.example", "m@x.example"])
    assert changed.version == maya.version + 1
    (event,) = Event.objects.filter(name=ContactChanged.name)
    assert set(event.data["fields"]) == {"job_title", "emails"}


def test_saving_what_is_there_already_writes_nothing(rep, maya, database_diff):
    with database_diff() as diff:
        edit(rep, maya, first_name="Maya", emails=["MAYA@nordhavn.example"], phones=["+4531550187"])
    assert diff.empty


def test_another_primary_address_keeps_the_rows(rep, maya):
    edit(rep, maya, emails=["maya@nordhavn.example", "m@x.example"])
    rows = dict(maya.emails.values_list("address", "pk"))
    changed = edit(rep, maya, emails=["m@x.example", "maya@nordhavn.example"])
    assert dict(maya.emails.values_list("address", "pk")) == rows
    assert changed.primary_email == "m@x.example"
    assert maya.emails.get(primary=True).address == "m@x.example"


def test_removing_addresses_and_numbers_clears_what_is_derived(rep, maya):
    changed = edit(rep, maya, emails=[], phones=[])
    assert (changed.primary_email, changed.primary_phone) == ("", "")
    assert changed.search_text == "maya lindqvist"


def test_a_renamed_company_is_found_with_its_contacts(rep, make_company, make_contact):
    company = make_company("Old name")
    contact = make_contact(company=company)
    edit_company(company_id=company.pk, values={"name": "Ny Åbning"}, actor=Actor.of(rep))
    contact.refresh_from_db()
    assert contact.search_text.endswith("ny abning")


def test_undoing_an_edit_of_addresses_puts_the_derived_columns_back(rep, maya):
    actor = Actor.of(rep)
    edit_contact(contact_id=maya.pk, values={"emails": ["new@x.example"], "first_name": "Mia"}, actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    maya.refresh_from_db()
    assert maya.primary_email == "maya@nordhavn.example"
    assert maya.search_text == "maya lindqvist maya@nordhavn.example +4531550187"


def test_the_same_field_changed_by_two_people_conflicts_with_both_values(rep, mate, manager, maya):
    edit(manager, maya, job_title="CEO")
    with pytest.raises(Conflict) as conflict:
        edit_contact(
            contact_id=maya.pk, values={"job_title": "CFO"}, version=1, seen={"job_title": ""}, actor=Actor.of(rep)
        )
    assert conflict.value.theirs["fields"]["job_title"] == {"mine": "CFO", "theirs": "CEO", "seen": ""}
    maya.refresh_from_db()
    assert maya.job_title == "CEO"


def test_different_fields_changed_by_two_people_are_both_kept(rep, manager, maya):
    edit(manager, maya, job_title="CEO")
    edit_contact(contact_id=maya.pk, values={"city": "Oslo"}, version=1, seen={"city": ""}, actor=Actor.of(rep))
    maya.refresh_from_db()
    assert (maya.job_title, maya.city, maya.version) == ("CEO", "Oslo", 3)


def test_addresses_changed_by_two_people_conflict(rep, manager, maya):
    edit(manager, maya, emails=["a@x.example"])
    with pytest.raises(Conflict):
        edit_contact(
            contact_id=maya.pk, values={"emails": ["b@x.example"]}, version=1,
            seen={"emails": ["maya@nordhavn.example"]},
            actor=Actor.of(rep),
        )  # fmt: skip


def test_who_does_not_see_a_contact_finds_none_and_who_may_not_edit_it_is_refused(stranger, mate, maya, database_diff):
    with database_diff() as diff:
        with pytest.raises(Contact.DoesNotExist):
            edit(stranger, maya, job_title="CFO")
        with pytest.raises(PermissionDenied):
            edit(mate, maya, job_title="CFO")
    assert diff.empty


def test_both_names_cannot_be_emptied(rep, maya):
    edit(rep, maya, first_name="")
    with pytest.raises(Refused) as refused:
        edit(rep, maya, last_name="")
    assert "last_name" in refused.value.fields


def test_a_ring_of_parents_is_refused_and_nothing_is_written(rep, make_company, database_diff):
    a, b = make_company("A"), make_company("B")
    c = make_company("C", parent=b)
    edit_company(company_id=b.pk, values={"parent": a}, actor=Actor.of(rep))
    with database_diff() as diff:
        for parent in (c, a):
            with pytest.raises(Refused) as refused:
                edit_company(company_id=a.pk, values={"parent": parent}, actor=Actor.of(rep))
            assert "parent" in refused.value.fields
    assert diff.empty


def test_an_unowned_contact_is_claimed_by_whoever_may_edit_and_once(rep, stranger, viewer, make_contact):
    lead = make_contact(owner=None)
    with pytest.raises(PermissionDenied):
        claim_contact(contact_id=lead.pk, actor=Actor.of(viewer))
    claim_contact(contact_id=lead.pk, actor=Actor.of(stranger))
    claim_contact(contact_id=lead.pk, actor=Actor.of(stranger))
    lead.refresh_from_db()
    assert lead.owner == stranger
    assert Event.objects.filter(name=OwnerChanged.name).count() == 1
    with pytest.raises(Contact.DoesNotExist):
        claim_contact(contact_id=lead.pk, actor=Actor.of(rep))


def test_claiming_what_a_colleague_was_faster_at_says_who(rep, mate, make_contact):
    lead = make_contact(owner=None)
    claim_contact(contact_id=lead.pk, actor=Actor.of(mate))
    with pytest.raises(Conflict, match="Marcus Okafor"):
        claim_contact(contact_id=lead.pk, actor=Actor.of(rep))


def test_reassigning_many_needs_the_bulk_right_and_an_owner_who_can_log_in(rep, mate, maya, make_contact):
    other = make_contact("Henrik")
    assign_owner(kind="contact", record_ids=[maya.pk, other.pk], owner=mate, actor=Actor.of(rep))
    assert set(Contact.objects.values_list("owner", flat=True)) == {mate.pk}
    rep.role.flags = []
    with pytest.raises(PermissionDenied):
        assign_owner(kind="contact", record_ids=[maya.pk, other.pk], owner=rep, actor=Actor.of(rep))
    mate.state = "without_login"
    with pytest.raises(Refused):
        assign_owner(kind="contact", record_ids=[maya.pk], owner=mate, actor=Actor.of(rep))


def test_unqualified_and_churned_need_a_reason_which_goes_when_they_end(rep, maya):
    with pytest.raises(Refused) as refused:
        change_lead_status(contact_id=maya.pk, status=LeadStatus.UNQUALIFIED, actor=Actor.of(rep))
    assert "unqualified_reason" in refused.value.fields
    lead = change_lead_status(
        contact_id=maya.pk, status=LeadStatus.UNQUALIFIED, reason="No budget", actor=Actor.of(rep)
    )
    assert lead.unqualified_reason == "No budget"
    assert (
        change_lead_status(contact_id=maya.pk, status=LeadStatus.WORKING, actor=Actor.of(rep)).unqualified_reason == ""
    )
    with pytest.raises(Refused):
        churn_contact(contact_id=maya.pk, reason="", actor=Actor.of(rep))
    gone = churn_contact(contact_id=maya.pk, reason="Moved to a rival", actor=Actor.of(rep))
    assert (gone.lifecycle, gone.churned_reason) == (Lifecycle.CHURNED, "Moved to a rival")
    assert gone.churned_on is not None
    back = edit(rep, maya, lifecycle=Lifecycle.LEAD)
    assert (back.churned_on, back.churned_reason) == (None, "")


def test_a_stage_that_follows_from_deals_is_not_set_by_hand(rep, maya):
    with pytest.raises(Refused):
        edit(rep, maya, lifecycle=Lifecycle.CUSTOMER)


def test_a_contact_that_is_no_lead_has_no_lead_status(rep, make_contact):
    other = make_contact(lifecycle=Lifecycle.OTHER)
    with pytest.raises(Refused):
        change_lead_status(contact_id=other.pk, status=LeadStatus.WORKING, actor=Actor.of(rep))
