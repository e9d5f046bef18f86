"""Import of contacts and companies (R1-R4, U2, U3)."""

import pytest

from activities.models import Activity
from contacts.models import Company, Contact, ContactEmail, ContactPhone
from contacts.services import create_contact, refresh_search
from contacts.services.bin import bin_contacts
from contacts.services.duplicates import finding
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.events.models import Event
from crm.kernel.listing.imports.models import ImportRun

from .conftest import problems

PEOPLE = """Name,E-mail,Company,Phone,Owner
Ann Lee,ann@acme.example,Acme,+47 22 11 30 40,Ingrid Solberg
"Moen, Lars",lars@acme.example,acme,,
Ludwig van Beethoven,,,,
"""


def test_contacts_come_with_their_company_owner_and_addresses(imported, manager):
    run = imported("contacts", PEOPLE, manager)
    assert (run.state, run.counts["created"]) == ("done", 3), problems(run)
    ann = Contact.objects.get(primary_email="ann@acme.example")
    assert (ann.first_name, ann.last_name, ann.owner) == ("Ann", "Lee", manager)
    assert ann.company.name == "Acme"
    assert ann.primary_phone == "+4722113040"
    assert Company.objects.count() == 1, "one company, whatever the case of its name"
    assert Contact.objects.get(first_name="Lars").last_name == "Moen"
    assert Contact.objects.get(first_name="Ludwig").last_name == "van Beethoven"


def test_search_text_and_primaries_are_those_that_a_refresh_would_write(imported, manager):
    imported("contacts", PEOPLE, manager)
    before = list(Contact.objects.order_by("pk").values("pk", "search_text", "primary_email", "primary_phone"))
    Contact.objects.update(search_text="")
    refresh_search(Contact.objects.values_list("pk", flat=True))
    assert before == list(Contact.objects.order_by("pk").values("pk", "search_text", "primary_email", "primary_phone"))


def test_everything_is_one_change_set_of_the_import_with_the_users_rights(imported, manager, small_chunks):
    run = imported("contacts", "Email\n" + "".join(f"p{n}@acme.example\n" for n in range(10)), manager)
    (change,) = ChangeSet.objects.filter(command="imports.run")
    assert change.pk == run.changeset_id
    assert change.actor_kind == "import"
    assert change.user == manager
    assert set(Contact.history.rel.related_model.objects.values_list("pgh_context_id", flat=True)) == {change.pk}
    assert Event.objects.filter(name="contact.created", changeset_id=change.pk, source="import").count() == 10


def test_the_same_file_a_second_time_changes_nothing(imported, manager, database_diff):
    imported("contacts", PEOPLE, manager)
    with database_diff() as diff:
        run = imported("contacts", PEOPLE, manager)
    assert run.counts == {"created": 0, "updated": 0, "unchanged": 3, "skipped": 0, "errors": 0}
    assert {name for name in diff.tables if name.startswith(("contacts_", "audit_"))} == set()


def test_known_contacts_have_their_empty_fields_filled_and_keep_the_others(imported, manager):
    imported("contacts", "Email,First name,Title\nann@acme.example,Ann,\n", manager)
    run = imported("contacts", "Email,First name,Title,Tags\nANN@acme.example,Anna,Boss,vip\n", manager)
    ann = Contact.objects.get()
    assert run.counts["updated"] == 1
    assert (ann.first_name, ann.job_title, ann.tags, ann.version) == ("Ann", "Boss", ["vip"], 2)


FAIR = """Email,Email 2,Name,Title,Source
ann@acme.example,ann@home.example,Ann,Boss,Trade fair
bo@acme.example,,Bo,,Trade fair
"""


def returns() -> list[tuple[str, str]]:
    """Return whose timeline says that they came back, and from where."""
    entries = Activity.objects.filter(system="lead_returned").order_by("at", "id")
    return list(entries.values_list("contacts__first_name", "data__source"))


@pytest.mark.parametrize("status", ["unqualified", "nurturing", "working"])
def test_a_lead_whose_address_comes_in_again_came_back(imported, manager, mate, status):
    """R4: no second contact, "came back" on the timeline, empties filled, owner kept, a resting lead is new again."""
    known = f"Email,Email 2,Name,Owner,Status\nann@acme.example,ann@home.example,Ann,{mate.email},{status}\n"
    imported("contacts", known, manager)
    run = imported("contacts", FAIR, manager)
    ann = Contact.objects.get(first_name="Ann")
    assert (run.counts["created"], run.counts["updated"]) == (1, 1)
    assert (ann.owner, ann.job_title, ann.lead_status) == (mate, "Boss", "working" if status == "working" else "new")
    assert returns() == [("Ann", "Trade fair")]
    event = Event.objects.get(name="lead.returned")
    assert (event.subject_id, event.data["reopened"], event.source) == (ann.pk, status != "working", "import")
    imported("contacts", FAIR, manager)
    assert len(returns()) == 1, "the same file once more is no news"


@pytest.mark.parametrize(
    ("known", "again", "how"),
    [
        ("Email,Name,Lifecycle\nann@acme.example,Ann,customer\n", "Email,Title\nann@acme.example,Boss\n", {}),
        ("Id,Email,Name\n7,ann@acme.example,Ann\n", "Id,Email,Title\n7,ann@acme.example,Boss\n", {}),
        ("Email,Name\nann@acme.example,Ann\n", "Email,Title\nann@acme.example,Boss\n", {"returning": False}),
        ("Email,Name\nann@acme.example,Ann\n", "Email,Title\nann@acme.example,Boss\n", {"mode": "update"}),
        ("Email,Name\nann@acme.example,Ann\nann@acme.example,Ann\n", "Email,Name\nbo@acme.example,Bo\n", {}),
    ],
    ids=["no lead", "known by id", "not asked for", "update only", "twice in one file"],
)
def test_who_has_not_come_back(imported, manager, known, again, how):
    imported("contacts", known, manager)
    imported("contacts", again, manager, **how)
    assert returns() == []


def test_undoing_an_import_takes_the_return_back(imported, manager):
    imported("contacts", "Email,Name,Status\nann@acme.example,Ann,nurturing\n", manager)
    run = imported("contacts", FAIR, manager)
    undo(changeset_id=run.changeset_id, actor=Actor.of(manager))
    assert Contact.objects.get().lead_status == "nurturing"
    assert returns() == []


def test_overwriting_is_asked_for_and_empty_cells_erase_nothing(imported, manager):
    imported("contacts", "Email,First name,Title\nann@acme.example,Ann,Boss\n", manager)
    imported("contacts", "Email,First name,Title\nann@acme.example,Anna,\n", manager, overwrite=True)
    ann = Contact.objects.get()
    assert (ann.first_name, ann.job_title) == ("Anna", "Boss")


@pytest.mark.parametrize(("mode", "counts"), [("create", (1, 0, 1)), ("update", (0, 1, 1)), ("upsert", (1, 1, 0))])
def test_the_mode_says_what_happens_to_new_and_known_rows(imported, manager, mode, counts):
    imported("contacts", "Email,Name\nann@acme.example,Ann\n", manager)
    run = imported("contacts", "Email,Name,Title\nann@acme.example,Ann,Boss\nbo@acme.example,Bo,\n", manager, mode=mode)
    assert (run.counts["created"], run.counts["updated"], run.counts["skipped"]) == counts


def test_records_are_known_by_the_id_of_their_source_first(imported, manager):
    imported("contacts", "Id,Email,Name\n7,ann@acme.example,Ann\n", manager, source="old crm")
    imported("contacts", "Id,Email,Title\n7,ann@new.example,Boss\n", manager, source="old crm")
    ann = Contact.objects.get()
    assert ann.external_id == "7"
    assert ann.job_title == "Boss"
    assert set(ann.emails.values_list("address", flat=True)) == {"ann@acme.example", "ann@new.example"}
    assert ann.emails.get(primary=True).address == "ann@acme.example"
    other = imported("contacts", "Id,Name\n7,Bo\n", manager, source="another")
    assert other.counts["created"] == 1, "ids of two systems mean two records"


def test_one_address_twice_in_a_file_is_one_contact(imported, check, manager):
    text = "Email,Name,Title\nann@acme.example,Ann,\nann@acme.example,Ann,Boss\n"
    assert check("contacts", text, manager).counts["created"] == 1
    run = imported("contacts", text, manager)
    assert (run.counts["created"], run.counts["updated"]) == (1, 1)
    assert Contact.objects.get().job_title == "Boss"


def test_an_address_of_a_hidden_contact_is_only_said_to_be_here(imported, manager, stranger):
    create_contact(
        values={"first_name": "Hid", "emails": ["hid@west.example"], "owner": stranger}, actor=Actor.of(stranger)
    )
    run = imported("contacts", "Email,Title\nhid@west.example,Spy\n", manager)
    assert run.counts["errors"] == 1
    ((_row, _column, message),) = problems(run)
    assert "already in the workspace" in message
    assert "Hid" not in message
    assert Contact.objects.get().job_title == ""


def test_an_address_of_a_binned_contact_says_so(imported, admin):
    contact = create_contact(
        values={"first_name": "Old", "emails": ["old@acme.example"], "owner": admin}, actor=Actor.of(admin)
    )
    bin_contacts(contact_ids=[contact.pk], actor=Actor.of(admin))
    run = imported("contacts", "Email\nold@acme.example\n", admin)
    assert run.counts["errors"] == 1
    assert "in the bin" in problems(run)[0][2]


def test_records_may_only_be_given_to_those_whose_records_one_may_edit(imported, manager, stranger):
    run = imported("contacts", f"Email,Owner\na@b.example,{stranger.email}\n", manager)
    assert run.counts["errors"] == 1
    assert stranger.name in problems(run)[0][2]
    assert not Contact.objects.exists()


def test_an_unknown_owner_is_an_error_until_somebody_decides(check, imported, manager):
    text = "Email,Owner\na@b.example,Tomas\n"
    run = check("contacts", text, manager)
    assert run.counts["errors"] == 1
    assert "“Tomas” matches nobody" in problems(run)[0][2]
    imported("contacts", text, manager, people={"Tomas": "nobody"})
    assert Contact.objects.get().owner is None


def test_an_unknown_owner_can_become_a_person_without_login(imported, admin):
    imported("contacts", "Email,Owner\na@b.example,Tomas Vega Ruiz\n", admin, people={"Tomas Vega Ruiz": "create"})
    owner = Contact.objects.get().owner
    assert (owner.name, owner.state) == ("Tomas Vega Ruiz", "without_login")


def test_rows_of_somebody_may_be_left_out(imported, admin):
    run = imported("contacts", "Email,Owner\na@b.example,Tomas\n", admin, people={"Tomas": "skip"})
    assert run.counts["skipped"] == 1
    assert not Contact.objects.exists()


BAD = [
    ("ann", "no e-mail"),
    ("x" * 300 + "@a.example", "254 characters"),
    ("a\0@b.example", "NUL"),
]


@pytest.mark.parametrize(("cell", "words"), BAD)
def test_a_bad_cell_keeps_its_row_out_and_names_its_column(imported, manager, cell, words):
    run = imported("contacts", f"Name,Email\nGood,good@acme.example\nBad,{cell}\n", manager)
    assert (run.counts["created"], run.counts["errors"]) == (1, 1)
    ((row, column, message),) = problems(run)
    assert (row, column) == (3, "Email")
    assert words in message


def test_rows_with_too_few_or_too_many_cells_are_left_out(imported, manager):
    run = imported("contacts", "Name,Email\nAnn\nBo,b@a.example,,\nCy,c@a.example,extra\n", manager)
    assert run.counts["created"] == 1
    assert [(row, "cells" in message) for row, _column, message in problems(run)] == [(2, True), (4, True)]


def test_emoji_right_to_left_and_formulas_are_kept_as_text(imported, manager):
    imported("contacts", 'Name,Email,Title\nשלום עולם,a@b.example,😀\n"=SUM(1)",c@b.example,+1\n', manager)
    assert Contact.objects.get(primary_email="a@b.example").job_title == "😀"
    assert Contact.objects.get(primary_email="c@b.example").first_name == "=SUM(1)"


def test_a_name_of_300_characters_is_an_error_beside_its_cell(check, manager):
    run = check("contacts", f"First name,Email\n{'x' * 300},a@b.example\n", manager)
    assert problems(run) == [(2, "First name", "300 characters; at most 100 fit.")]


def test_a_check_writes_nothing(check, manager, database_diff):
    with database_diff() as diff:
        run = check("contacts", PEOPLE, manager)
    assert run.state == "checked"
    assert run.counts["created"] == 3
    assert all(name.startswith(("listing_", "events_")) for name in diff.tables), diff.tables


def test_a_check_counts_names_that_are_here_already_as_possible_doubles(check, imported, manager):
    imported("contacts", "Name,Email\nAnn Lee,ann@acme.example\n", manager)
    finding.check_waiting()
    run = check("contacts", "Name,Email\nann lee,other@acme.example\nKenji Abe,k@acme.example\n", manager)
    assert run.counts["doubles"] == 1
    assert problems(run) == [(2, "", "This looks like Ann Lee, who is here already.")]


def test_a_shared_address_stays_the_companys(imported, admin):
    imported("companies", "Name,Email\nAcme,info@acme.example\n", admin)
    imported("contacts", "Name,Email\nAnn Lee,info@acme.example\n", admin)
    assert not ContactEmail.objects.exists()
    assert Contact.objects.get().name == "Ann Lee"


# Companies ----------------------------------------------------------------------------------------------------------


def test_companies_come_with_parents_in_whatever_order(imported, admin, small_chunks):
    text = "Name,Subsidiary of,Sector,Employees\nChild,Parent,tech,120\nA,,,\nB,,,\nC,,,\nParent,,finance,9000\n"
    run = imported("companies", text, admin)
    assert run.counts["created"] == 5, problems(run)
    child = Company.objects.get(name="Child")
    assert child.parent.name == "Parent"
    assert (child.industry, child.size_band) == ("tech", "51-200")
    again = imported("companies", text, admin)
    assert again.counts["unchanged"] == 5
    assert Company.objects.get(name="Child").version == child.version


def test_a_circle_of_parents_is_left_open_with_a_warning(imported, admin):
    run = imported("companies", "Name,Parent\nA,B\nB,A\n", admin)
    assert Company.objects.filter(parent__isnull=False).count() == 1
    assert "circle" in problems(run)[0][2]
    assert run.counts["created"] == 2


def test_companies_are_known_by_domain_then_by_name_without_accents(imported, admin):
    imported("companies", "Name,Domain\nAcmé,acme.example\n", admin)
    run = imported("companies", "Name,Domain,Industry\nSomething else,www.acme.example,tech\nACME,,\n", admin)
    assert run.counts["created"] == 0
    assert Company.objects.get().industry == "tech"


def test_a_rep_may_not_import_and_people_need_the_right_to_the_settings(receive, rep, manager):
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        receive("contacts", PEOPLE, rep)
    with pytest.raises(PermissionDenied):
        receive("people", "Name\nAnn\n", manager)
    assert not ImportRun.objects.exists()
    assert not ContactPhone.objects.exists()
