"""Custom fields in imports: as targets of columns, with the words of every other door, and declared by a plan (C1, P0)."""

import pytest
import yaml
from django.core.management import CommandError, call_command

from contacts.models import Company, Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing.imports import services
from crm.kernel.listing.imports.guess import guess_columns
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.plans import carry_out
from crm.kernel.listing.imports.registry import importer_of
from deals.models import Deal


@pytest.fixture
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


def bring(folder, boss, kind: str, text: str, **settings) -> ImportRun:
    path = folder / "rows.csv"
    path.write_text(text)
    run = services.receive_path(actor=boss, kind=kind, path=path)
    if settings:
        run = services.save_columns(actor=boss, run_id=run.pk, mapping=run.mapping, settings=settings)
    return carry_out(run, boss, dry=False)


FILE = "{name},Territory,Fleet size,Since,Places,Keeper,Offer\n"
ROW = '{name},EAST,"1.200,5",31.12.2026,"West; East",mate.east@test.example,12 EUR\n'
WANTED = {
    "region": "east", "fleet_size": "1200.5", "since": "2026-12-31", "places": ["east", "west"],
    "offer": {"amount": "12.00", "currency": "EUR"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "record_kind", "head", "name", "model"),
    [
        ("contacts", "contact", "Last name", "Lee", Contact),
        ("companies", "company", "Name", "Acme", Company),
        ("deals", "deal", "Title", "Big", Deal),
    ],
)
def test_columns_fill_custom_fields_found_by_their_label(
    kind, record_kind, head, name, model, make_field, folder, boss, mate, pipeline
):
    make_field("dropdown", record_kind, key="region", label="Territory")
    make_field("number", record_kind, key="fleet_size", label="Fleet size")
    make_field("date", record_kind, key="since")
    make_field("multi_select", record_kind, key="places")
    make_field("user", record_kind, key="keeper")
    make_field("money", record_kind, key="offer")
    done = bring(folder, boss, kind, FILE.format(name=head) + ROW.format(name=name))
    assert done.state == "done", list(done.problems.values_list("message", flat=True))
    assert model.objects.get().custom == {**WANTED, "keeper": str(mate.pk)}
    again = bring(folder, boss, kind, FILE.format(name=head) + ROW.format(name=name))
    assert again.count("unchanged") == 1, again.report


def test_bad_cells_are_errors_with_the_words_of_every_other_door(make_field, folder, boss):
    make_field("dropdown", key="territory")
    make_field("number", key="fleet")
    run = bring(folder, boss, "contacts", "Last name,Territory,Fleet\nLee,Mars,many\nLi,west,5\n")
    said = set(run.problems.filter(phase="run").values_list("column", "message"))
    assert ("Territory", "Not one of: East, West.") in said and ("Fleet", "Type a number, such as 48,000.") in said
    assert Contact.objects.get().custom == {"territory": "west", "fleet": "5"}


def test_known_records_are_filled_and_overwritten_only_if_asked(make_field, folder, boss):
    make_field("text", key="a")
    make_field("text", key="b")
    person = create_contact(values={"last_name": "Lee", "emails": ["l@x.example"], "cf_a": "old"}, actor=boss)
    text = "Last name,Email,A,B\nLee,l@x.example,new,new\n"
    bring(folder, boss, "contacts", text)
    person.refresh_from_db()
    assert person.custom == {"a": "old", "b": "new"} and "new" in person.search_text
    bring(folder, boss, "contacts", text, overwrite=True)
    person.refresh_from_db()
    assert person.custom == {"a": "new", "b": "new"}


def test_required_fields_do_not_stop_an_import(make_field, folder, boss):
    make_field("text", "company", key="must", required=True)
    bring(folder, boss, "companies", "Name\nAcme\n")
    assert Company.objects.get().custom == {}


def test_a_field_of_other_roles_is_no_target(make_field, folder, boss, manager):
    make_field("text", key="secret", roles=["admin"])
    importer = importer_of("contacts")
    assert guess_columns(["Secret"], [[]], importer) == [["cf_secret"]]
    assert importer.field("cf_secret", manager) is None
    run = bring(folder, Actor.of(manager), "contacts", "Last name,Secret\nLee,hush\n")
    assert run.state == "done" and Contact.objects.get().custom == {}


def plan_of(folder, fields, **file) -> dict:
    (folder / "deals.csv").write_text("id,name,product,close,stage\n1,Big,Pump,,Qualified\n2,Small,Valve,,Qualified\n")
    (folder / "list.csv").write_text("product,price\nPump,5\nValve,6\n")
    plan = {
        "name": "test", "fields": fields,
        "files": [{
            "file": "deals.csv", "kind": "deals",
            "columns": {"id": "external_id", "name": "title", "product": "cf_product", "stage": "stage"}, **file,
        }],
    }  # fmt: skip
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    return plan


PRODUCT = {
    "of": "deal",
    "label": "Product",
    "type": "dropdown",
    "options_from": {"file": "list.csv", "column": "product"},
}


def test_a_plan_makes_the_fields_that_it_declares(folder, boss, pipeline, capsys):
    plan_of(folder, [PRODUCT])
    call_command("import_csv", str(folder), plan=folder / "plan.yaml", dry_run=True)
    assert "2 created (dry run)" in capsys.readouterr().out
    assert not CustomField.objects.exists() and not Deal.objects.exists()
    call_command("import_csv", str(folder), plan=folder / "plan.yaml")
    field = CustomField.objects.get()
    assert [each["label"] for each in field.options] == ["Pump", "Valve"]
    assert sorted(deal.custom["product"] for deal in Deal.objects.all()) == ["pump", "valve"]
    plan_of(folder, [PRODUCT | {"options": ["Hose"]}])
    call_command("import_csv", str(folder), plan=folder / "plan.yaml")
    assert "2 unchanged" in capsys.readouterr().out
    field.refresh_from_db()
    assert [each["label"] for each in field.options] == ["Pump", "Valve", "Hose"]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"of": "boat"}, "no such kind of record or type"),
        ({"type": "colour"}, "no such kind of record or type"),
        ({"options_from": {"file": "none.csv", "column": "x"}}, "not in the folder"),
        ({"options_from": {"file": "list.csv", "column": "x"}}, "no column"),
        ({"options_from": "list.csv"}, "file and column"),
        ({"colour": "red"}, "does not know"),
        ({"key": "other"}, "there is no field"),
    ],
)
def test_a_plan_with_a_wrong_field_is_refused_in_words(folder, boss, pipeline, field, words):
    plan_of(folder, [PRODUCT | field])
    with pytest.raises(CommandError, match=words):
        call_command("import_csv", str(folder), plan=folder / "plan.yaml")
    assert not Deal.objects.exists()


def test_a_plan_does_not_change_the_type_of_a_field(folder, boss, pipeline, make_field):
    make_field("text", "deal", key="product")
    plan_of(folder, [PRODUCT])
    with pytest.raises(CommandError, match="another type"):
        call_command("import_csv", str(folder), plan=folder / "plan.yaml")


def test_importing_a_company_keeps_values_of_hidden_fields(make_field, folder, boss, manager):
    make_field("text", "company", key="secret", roles=["admin"])
    make_field("text", "company", key="open")
    company = create_company(values={"name": "Acme", "cf_secret": "hush", "owner": manager}, actor=boss)
    bring(folder, Actor.of(manager), "companies", "Name,Open\nAcme,o\n")
    company.refresh_from_db()
    assert company.custom == {"secret": "hush", "open": "o"}
