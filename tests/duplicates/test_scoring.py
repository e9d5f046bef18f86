"""Which two records look like one, and how sure we are (M1): in memory, by the default rules."""

import pytest

from contacts.services.duplicates.keys import keys_of
from contacts.services.duplicates.profiles import profile_of
from contacts.services.duplicates.rules import DEFAULTS
from contacts.services.duplicates.scoring import score


def person(first="", last="", **more):
    return {"first_name": first, "last_name": last, **more}


PHONE, OFFICE = ["+4531550187"], ["+4531550100"]
MAYA = person("Maya", "Lindqvist", phones=PHONE, company="Nordhavn Ferries", emails=["maya@nordhavn.example"])
CASES = [
    # what, one, other, at least, at most
    ("same phone, one letter off", MAYA, person("Maya", "Lindquist", phones=PHONE), 75, 94),
    ("same name, same company", person("Laura", "Mäkelä", company="Aalto Oy"),
     person("Laura", "Makela", company="Aalto"), 70, 94),
    ("same name, same domain", person("Nils", "Fagerberg", emails=["n@atlas.example"]),
     person("Nils", "Fagerberg", emails=["nils@atlas.example"]), 60, 94),
    ("nickname at the same company", person("Bob", "Miller", company="Acme"),
     person("Robert", "Miller", company="Acme Ltd"), 60, 94),
    ("swapped names, same phone", person("Lindqvist", "Maya", phones=PHONE), MAYA, 80, 100),
    ("initial, same company and domain", person("J.", "Ekström", company="Volt", emails=["j@volt.example"]),
     person("Johan", "Ekstrom", company="Volt", emails=["johan@volt.example"]), 60, 94),
    ("the same mailbox by a tag", person("Ann", "Lee", emails=["ann.lee+crm@gmail.com"]),
     person("Annie", "Lee", emails=["annlee@gmail.com"]), 95, 100),
    ("same name and phone: certain", MAYA, person("Maya", "Lindqvist", phones=PHONE), 95, 100),
    ("the same name alone says nothing", person("John", "Smith"), person("John", "Smith"), 0, 59),
    ("the same name at one free mail", person("John", "Smith", emails=["a@gmail.com"]),
     person("John", "Smith", emails=["b@gmail.com"]), 0, 59),
    ("colleagues with one switchboard", person("Maya", "Lindqvist", phones=OFFICE, company="Nordhavn"),
     person("Paul", "Hansen", phones=OFFICE, company="Nordhavn"), 0, 59),
    ("brother and sister in one firm", person("Anna", "Berg", company="Berg"),
     person("Oskar", "Berg", company="Berg"), 0, 59),
    ("other people", MAYA, person("Kenji", "Abe", company="Nordhavn Ferries"), 0, 30),
]  # fmt: skip
FIRMS = [
    ("only the legal form differs", {"name": "Parcel Union"}, {"name": "Parcel Union Ltd."}, 60, 94),
    ("A/S", {"name": "Nordhavn Ferries A/S"}, {"name": "Nordhavn Ferries"}, 60, 94),
    ("same website", {"name": "Parcel Union", "website": "https://www.parcel.example/x"},
     {"name": "Parcel Union Europe", "domains": ["parcel.example"]}, 60, 100),
    ("name and domain: certain", {"name": "Acme Inc", "domains": ["acme.example"]},
     {"name": "ACME", "emails": ["info@acme.example"]}, 95, 100),
    ("another name in the same town", {"name": "Alpha Foods", "city": "Oslo"},
     {"name": "Beta Foods", "city": "Oslo"}, 0, 59),
    ("the same name in two countries", {"name": "Delta", "country": "Norway", "city": "Oslo"},
     {"name": "Delta", "country": "Chile", "city": "Santiago"}, 0, 59),
]  # fmt: skip


@pytest.mark.parametrize(("what", "one", "other", "least", "most"), CASES, ids=[case[0] for case in CASES])
def test_people(what, one, other, least, most):
    check("contact", one, other, least, most)


@pytest.mark.parametrize(("what", "one", "other", "least", "most"), FIRMS, ids=[case[0] for case in FIRMS])
def test_companies(what, one, other, least, most):
    check("company", one, other, least, most)


def check(kind, one, other, least, most):
    rules = DEFAULTS[kind]
    first, second = profile_of(rules, one), profile_of(rules, other)
    forth, back = score(rules, first, second), score(rules, second, first)
    assert forth == back and least <= forth.points <= most, forth
    if forth.points >= rules.possible:
        assert keys_of(rules, first) & keys_of(rules, second), "likely pairs share a key, or nobody would compare them"


def test_reasons_name_what_agrees_the_weightiest_first():
    rules = DEFAULTS["contact"]
    one, other = (profile_of(rules, each) for each in (MAYA, person("Maya", "Lindquist", phones=PHONE)))
    assert score(rules, one, other).reasons == (("phone", "same"), ("name", "similar"))
