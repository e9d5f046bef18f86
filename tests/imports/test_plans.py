"""Plans and the command: several files in order, repeatable."""

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Company, Contact
from crm.kernel.users.models import User
from deals.models import Deal

PLAN = """
name: old crm
files:
  - file: people.csv
    kind: people
    columns: {agent: name, boss: manager, office: office}
  - file: accounts.csv
    kind: companies
    columns: {account: name, sector: industry, founded: describe}
    values:
      sector: {technolgy: technology}
  - file: deals.csv
    kind: deals
    dates: ymd
    title_from: [product, account]
    columns:
      id: external_id
      agent: owner
      product: tag
      account: company
      stage: stage
      opened: created
      closed: closed
      value: amount
    stages: {Engaging: Discovery}
    values:
      product: {GTXPro: GTX Pro}
    lookups:
      - {column: product, file: products.csv, key: product}
"""
FILES = {
    "people.csv": "agent,boss,office\nMoses Frase,Dustin Brinkmann,Central\n",
    "accounts.csv": "account,sector,founded\nCancity,technolgy,1996\n",
    "deals.csv": "id,agent,product,account,stage,opened,closed,value\n"
    "1,Moses Frase,GTXPro,Cancity,Won,2016-10-20,2017-03-01,1054\n"
    "2,Moses Frase,GTX Pro,,Engaging,2017-01-01,,\n",
    "products.csv": "product,price\nGTX Pro,4821\n",
}


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of the plan, and the plan beside it."""
    place = tmp_path / "export"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text)
    (tmp_path / "plan.yaml").write_text(PLAN)
    return place


def plan_of(folder):
    return folder.parent / "plan.yaml"


def test_a_plan_imports_its_files_in_order_and_a_second_time_nothing(admin, folder, capsys):
    call_command("import_csv", str(folder), plan=plan_of(folder))
    assert Company.objects.get().industry == "technology"
    assert Company.objects.get().description == "Founded: 1996"
    deal = Deal.objects.get(external_id="1")
    assert (deal.title, deal.tags, deal.owner.name, deal.import_source) == (
        "GTX Pro · Cancity",
        ["GTX Pro"],
        "Moses Frase",
        "old crm",
    )
    capsys.readouterr()
    call_command("import_csv", str(folder), plan=plan_of(folder))
    assert capsys.readouterr().out.splitlines() == [
        "people.csv: 1 unchanged",
        "accounts.csv: 1 unchanged",
        "deals.csv: 2 unchanged",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: people", "kind: persons", "no kind"),
        ("agent: name", "agent: nom", "no field “nom”"),
        ("agent: name", "salesman: name", "no column salesman"),
        ("file: people.csv", "file: nobody.csv", "not in the folder"),
        ("GTXPro: GTX Pro", "Other: GTX Pro", "GTXPro is not in products.csv"),
        ("name: old crm", "title: old crm", "a name and a list of files"),
        ("dates: ymd", "datums: ymd", "does not know “datums”"),
        ("name: old crm", "name: [", "no valid YAML"),
    ],
)
def test_what_is_wrong_in_a_plan_is_named(admin, folder, old, new, words):
    plan_of(folder).write_text(PLAN.replace(old, new, 1))
    with pytest.raises(CommandError, match=words):
        call_command("import_csv", str(folder), plan=plan_of(folder))


def test_a_single_file_is_imported_with_guessed_or_given_columns(admin, tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_text("Who,Mail\nAnn Lee,ann@acme.example\n")
    call_command("import_csv", "contacts", str(path), mapping="{Who: full_name, Mail: email}", dry_run=True)
    assert not Contact.objects.exists()
    assert "1 created (dry run)" in capsys.readouterr().out
    call_command("import_csv", "contacts", str(path), mapping="{Who: full_name, Mail: email}")
    assert Contact.objects.get().name == "Ann Lee"


def test_the_command_acts_with_the_rights_of_a_person(rep, admin, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Name\nAnn Lee\n")
    with pytest.raises(CommandError, match="may not import"):
        call_command("import_csv", "contacts", str(path), person=rep.email)
    with pytest.raises(CommandError, match="no such active person"):
        call_command("import_csv", "contacts", str(path), person="nobody@test.example")
    with pytest.raises(CommandError, match="no kind"):
        call_command("import_csv", "things", str(path))
    assert not User.objects.filter(state="without_login").exists()
