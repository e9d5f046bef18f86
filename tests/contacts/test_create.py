"""Creating contacts and companies (R2, R3)."""

import pytest
from django.core.exceptions import FieldDoesNotExist, PermissionDenied

from contacts.events import CompanyCreated, ContactCreated
from contacts.models import Company, Contact, ContactEmail
from contacts.services import (
    bin_contacts,
    check_contacts,
    create_company,
    create_contact,
    create_contacts,
    refresh_search,
)
from contacts.services.drafts import AddressTaken
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event


def test_addresses_are_stored_in_lower_case_and_numbers_as_e164(maya):
    assert maya.emails.get().address == "maya@nordhavn.example"
    assert maya.phones.get().number == "+4531550187"


def test_the_first_address_and_number_are_the_primary_ones(make_contact):
    contact = make_contact(emails=["B@x.example", "a@x.example"], phones=["+4531550187", "+4531550188"])
    assert [(e.address, e.primary) for e in contact.emails.order_by("pk")] == [
        ("b@x.example", True),
        ("a@x.example", False),
    ]
    assert (contact.primary_email, contact.primary_phone) == ("b@x.example", "+4531550187")


def test_what_search_finds_is_written_with_the_record_as_refreshing_would(make_contact, make_company):
    company = make_company(
        "Åkesson & Sønner", domains=["akesson.example"], emails=["info@akesson.example"], city="Malmö"
    )
    contact = make_contact(
        "Zoë", middle_name="M.", last_name="Ångström", emails=["z@x.example"], phones=["+4531550187"], company=company
    )
    before = Contact.objects.values_list("search_text", "primary_email", "primary_phone").get(pk=contact.pk)
    refresh_search([contact.pk])
    assert Contact.objects.values_list("search_text", "primary_email", "primary_phone").get(pk=contact.pk) == before
    assert before[0] == "zoe m. angstrom z@x.example +4531550187 akesson & sonner"


def test_a_national_number_is_read_by_the_country_of_the_record_else_of_the_workspace(make_contact):
    assert make_contact(phones=["31 55 01 87"], country="Denmark").primary_phone == "+4531550187"
    assert make_contact(phones=["020 7946 0123"]).primary_phone == "+442079460123"  # the workspace is in London


@pytest.mark.parametrize("number", ["abc", "12", "+45 1", "call me", "+999 123 456 789", "1" * 60])
def test_what_is_no_number_is_refused_beside_its_field(rep, number):
    with pytest.raises(Refused) as refused:
        create_contact(values={"first_name": "Maya", "phones": [number]}, actor=Actor.of(rep))
    assert list(refused.value.fields) == ["phones"]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "x" * 101),
        ("first_name", "a\x00b"),
        ("emails", ["not an address"]),
        ("emails", ["a\x00@x.example"]),
        ("emails", ["x" * 250 + "@x.example"]),
        ("phones", ["\x00"]),
        ("lead_score", 10**12),
        ("lifecycle", "friend"),
        ("company", "no id"),
        ("owner", "0190c0de-0000-7000-8000-000000000000"),
        ("links", ["nonsense"]),
        ("tags", ["x" * 51]),
        ("tags", ["a\x00"]),
        ("description", "x" * 10_001),
    ],
)
def test_bad_values_are_refused_beside_their_field(rep, field, value):
    with pytest.raises(Refused) as refused:
        create_contact(values={"first_name": "Maya", field: value}, actor=Actor.of(rep))
    assert list(refused.value.fields) == [field]


def test_unusual_names_are_kept_as_typed(make_contact):
    assert make_contact("🙂 محمد", last_name="O'Hara-Ñuñez").name == "🙂 محمد O'Hara-Ñuñez"


def test_a_contact_needs_a_first_or_a_last_name(rep, make_contact):
    with pytest.raises(Refused) as refused:
        create_contact(values={"job_title": "CFO"}, actor=Actor.of(rep))
    assert "last_name" in refused.value.fields
    assert make_contact("", last_name="Dahl").name == "Dahl"


def test_unknown_names_of_fields_are_a_bug_not_bad_input(rep):
    with pytest.raises(FieldDoesNotExist):
        create_contact(values={"first_name": "Maya", "search_text": "x"}, actor=Actor.of(rep))


def test_an_address_that_a_visible_contact_has_is_refused_and_names_the_contact(rep, maya):
    with pytest.raises(AddressTaken) as taken:
        create_contact(values={"first_name": "M", "emails": ["MAYA@nordhavn.example"]}, actor=Actor.of(rep))
    (clash,) = taken.value.clashes
    assert clash.record == maya
    assert "Maya Lindqvist" in taken.value.fields["emails"]
    assert ContactEmail.objects.count() == 1


def test_an_address_that_a_hidden_contact_has_is_only_said_to_be_taken(stranger, maya):
    with pytest.raises(AddressTaken) as taken:
        create_contact(values={"first_name": "M", "emails": ["maya@nordhavn.example"]}, actor=Actor.of(stranger))
    (clash,) = taken.value.clashes
    assert clash.record is None
    assert "Maya Lindqvist" not in clash.message
    assert "already in the workspace" in clash.message


def test_an_address_of_a_binned_contact_offers_to_restore_it_and_may_be_taken_on_purpose(rep, maya, actor_of):
    bin_contacts(contact_ids=[maya.pk], actor=actor_of(rep))
    values = {"first_name": "M", "emails": ["maya@nordhavn.example"]}
    with pytest.raises(AddressTaken) as taken:
        create_contact(values=values, actor=actor_of(rep))
    assert taken.value.clashes[0].binned
    assert (
        create_contact(values=values, despite_binned=True, actor=actor_of(rep)).primary_email == "maya@nordhavn.example"
    )


def test_an_address_of_a_hidden_binned_contact_is_free_and_not_mentioned(stranger, rep, maya, actor_of):
    bin_contacts(contact_ids=[maya.pk], actor=actor_of(rep))
    other = create_contact(values={"first_name": "M", "emails": ["maya@nordhavn.example"]}, actor=actor_of(stranger))
    assert other.pk != maya.pk and other.primary_email == "maya@nordhavn.example"


def test_a_shared_address_belongs_to_its_company(rep, maya, make_company):
    make_company(emails=["info@nordhavn.example"])
    with pytest.raises(AddressTaken, match="shared address of Nordhavn Ferries"):
        create_contact(values={"first_name": "M", "emails": ["info@nordhavn.example"]}, actor=Actor.of(rep))
    with pytest.raises(Refused) as refused:
        create_company(values={"name": "Other", "emails": ["maya@nordhavn.example"]}, actor=Actor.of(rep))
    assert "Maya Lindqvist" in refused.value.fields["emails"]


def test_two_rows_of_one_set_cannot_have_the_same_address(rep):
    rows = [{"first_name": "A", "emails": ["a@x.example"]}, {"first_name": "B", "emails": ["A@x.example"]}]
    first, second = check_contacts(rows, actor=Actor.of(rep))
    assert first.ok
    assert "emails" in second.errors


def test_a_domain_is_read_from_an_address_and_belongs_to_one_company(rep, make_company):
    assert make_company(domains=["https://www.Nordhavn.example/about"]).domains.get().domain == "nordhavn.example"
    with pytest.raises(Refused) as refused:
        create_company(values={"name": "Other", "domains": ["nordhavn.example"]}, actor=Actor.of(rep))
    assert "Nordhavn Ferries" in refused.value.fields["domains"]


def test_a_typed_company_is_found_by_name_else_made_in_the_same_command(rep, make_company):
    known = make_company("Fjørd Hotels")
    contact = create_contact(values={"first_name": "A"}, company_name="fjord hotels", actor=Actor.of(rep))
    assert contact.company == known
    actor = Actor.of(rep)
    other = create_contact(values={"first_name": "B"}, company_name="Corvid Steel", actor=actor)
    assert other.company.name == "Corvid Steel"
    assert other.history.get().pgh_context_id == other.company.history.get().pgh_context_id == actor.last_change


def test_a_company_that_one_may_not_see_cannot_be_linked(rep, maya, make_company):
    rep.role.levels["company"]["view"] = "none"
    company = make_company()
    with pytest.raises(Refused, match="no such company"):
        create_contact(values={"first_name": "A", "company": company}, actor=Actor.of(rep))


def test_opportunity_and_customer_follow_from_deals_and_are_not_chosen(rep):
    for stage in ("opportunity", "customer"):
        with pytest.raises(Refused) as refused:
            create_contact(values={"first_name": "A", "lifecycle": stage}, actor=Actor.of(rep))
        assert "lifecycle" in refused.value.fields


def test_who_may_edit_nothing_creates_nothing(viewer, database_diff):
    with database_diff() as diff:
        for service in (create_contact, create_company):
            with pytest.raises(PermissionDenied):
                service(
                    values={"name": "A"} if service is create_company else {"first_name": "A"}, actor=Actor.of(viewer)
                )
    assert diff.empty


def test_creating_publishes_one_event_per_record(rep, make_company):
    make_company()
    create_contacts(rows=[{"first_name": "A"}, {"first_name": "B"}], actor=Actor.of(rep))
    assert Event.objects.filter(name=ContactCreated.name).count() == 2
    assert Event.objects.filter(name=CompanyCreated.name).count() == 1


def test_a_set_costs_the_same_number_of_queries_whatever_its_size(rep, django_assert_num_queries, make_company):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    company = make_company()
    counts = []
    for size in (2, 40):
        rows = [{"first_name": f"A{i}", "emails": [f"a{size}.{i}@x.example"], "company": company} for i in range(size)]
        with CaptureQueriesContext(connection) as queries:
            create_contacts(rows=rows, actor=Actor.of(rep))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_parent_must_be_a_company_that_is_there(rep, make_company):
    parent = make_company("Parent")
    assert make_company("Child", parent=parent).parent == parent
    with pytest.raises(Refused):
        create_company(values={"name": "X", "parent": "0190c0de-0000-7000-8000-000000000000"}, actor=Actor.of(rep))
    assert Company.objects.count() == 2
