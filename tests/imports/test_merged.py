"""Files that name merged records reach the survivor (M3): by id of the other system, address and domain."""

from contacts.models import Company, Contact
from contacts.services.merging import merge_companies, merge_contacts
from crm.kernel.core.changes import Actor

from .conftest import problems

ROWS = "Id,Email,First name,Title\n1,ann@acme.example,Ann,\n2,anna@acme.example,Anna,\n"


def merged(imported, manager, **choices):
    imported("contacts", ROWS, manager, source="old crm", columns=COLUMNS)
    ann, anna = Contact.objects.order_by("external_id")
    merge_contacts(survivor_id=ann.pk, loser_id=anna.pk, actor=Actor.of(manager), choices=choices)
    return ann


COLUMNS = {"Id": ["external_id"], "Email": ["email"], "First name": ["first_name"], "Title": ["job_title"]}


def test_the_same_file_again_changes_nothing(imported, manager):
    merged(imported, manager)
    run = imported("contacts", ROWS, manager, source="old crm", columns=COLUMNS)
    assert (run.counts["created"], run.counts["errors"]) == (0, 2 - run.counts["unchanged"]), problems(run)
    assert Contact.objects.live().count() == 1


def test_the_id_of_the_merged_record_updates_the_survivor_which_keeps_its_own(imported, manager):
    ann = merged(imported, manager)
    run = imported("contacts", "Id,Title\n2,Boss\n", manager, source="old crm", columns=COLUMNS)
    ann.refresh_from_db()
    assert run.counts["updated"] == 1, problems(run)
    assert (ann.job_title, ann.external_id) == ("Boss", "1")


def test_an_address_that_nobody_kept_updates_the_survivor_and_stays_away(imported, manager):
    ann = merged(imported, manager, emails=["ann@acme.example"])
    run = imported("contacts", "Email,Title\nanna@acme.example,Boss\n", manager)
    ann.refresh_from_db()
    assert run.counts["updated"] == 1, problems(run)
    assert ann.job_title == "Boss" and ann.emails.count() == 1


def test_companies_are_known_by_the_ids_and_domains_of_what_they_swallowed(imported, manager):
    columns = {"Id": ["external_id"], "Name": ["name"], "Domain": ["domains"]}
    rows = "Id,Name,Domain\n1,Acme,acme.example\n2,Acme Ltd,acme.test\n"
    imported("companies", rows, manager, source="old crm", columns=columns)
    acme, other = Company.objects.order_by("external_id")
    merge_companies(
        survivor_id=acme.pk, loser_id=other.pk, actor=Actor.of(manager), choices={"domains": ["acme.example"]}
    )
    imported(
        "contacts", "First name,Company id\nAnn,2\n", manager, source="old crm",
        columns={"First name": ["first_name"], "Company id": ["company_external_id"]},
    )  # fmt: skip
    imported(
        "contacts", "First name,Company domain\nBo,acme.test\n", manager,
        columns={"First name": ["first_name"], "Company domain": ["company_domain"]},
    )  # fmt: skip
    run = imported("companies", "Id,Name\n2,Acme Ltd\n", manager, source="old crm", columns=columns)
    assert run.counts["created"] == 0, problems(run)
    assert Company.objects.live().get() == acme
    assert set(Contact.objects.values_list("company", flat=True)) == {acme.pk}
