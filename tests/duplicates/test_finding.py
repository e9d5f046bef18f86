"""Pairs are found as records are written, and by a scan that can be stopped anywhere (M1)."""

import pytest

from contacts.models import Dismissal, DuplicateCheck, DuplicateKey, DuplicatePair, DuplicateScan
from contacts.services import bin_contacts, edit_contact
from contacts.services.duplicates import finding, scan
from contacts.services.duplicates.pairs import dismiss_pair, pairs_for, reason_words, reconsider_pair
from contacts.services.duplicates.rules import DEFAULTS, labels_for, ordered
from contacts.services.merging import merge_contacts
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing import runs


def check():
    """Do what the worker does after the commit."""
    while DuplicateCheck.objects.exists():
        finding.check_waiting()


def pair():
    return DuplicatePair.objects.filter(record_kind="contact").first()


def test_a_pair_is_found_when_the_second_record_is_written(maya, double):
    assert pair() is None, "not in the request"
    check()
    found = pair()
    assert (found.first_id, found.second_id) == ordered(maya.pk, double.pk)
    assert found.score >= DEFAULTS["contact"].possible
    assert reason_words(found.reasons, labels_for("contact")).startswith("Same phone, similar name")


def test_an_edit_renews_or_drops_the_pair_and_deleting_hides_it(rep, boss, maya, double):
    check()
    edit_contact(contact_id=double.pk, values={"first_name": "Kenji", "last_name": "Abe", "phones": []}, actor=boss)
    check()
    assert pair() is None
    edit_contact(contact_id=double.pk, values={"last_name": "Lindqvist", "first_name": "Maya"}, actor=boss)
    edit_contact(contact_id=double.pk, values={"phones": ["+4531550187"]}, actor=boss)
    check()
    assert pair().score >= 95
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert not pairs_for(boss, "contact").exists()


def test_only_who_sees_both_sees_the_pair(rep, boss, stranger, admin, maya, double):
    check()
    assert pairs_for(boss, "contact").exists() and pairs_for(Actor.of(admin), "contact").exists()
    edit_contact(contact_id=double.pk, values={"owner": stranger}, actor=Actor.of(admin))
    assert not pairs_for(Actor.of(rep), "contact").exists()
    assert not pairs_for(Actor.of(stranger), "contact").exists()


def test_not_a_duplicate_is_remembered_until_it_is_taken_back(boss, maya, double):
    check()
    dismissal = dismiss_pair(kind="contact", first_id=double.pk, second_id=maya.pk, actor=boss)
    edit_contact(contact_id=maya.pk, values={"last_name": "Lindquist"}, actor=boss)
    check()
    assert pair() is None
    reconsider_pair(dismissal_id=dismissal.pk, actor=boss)
    check()
    assert pair() is not None


def test_undo_of_a_dismissal_opens_the_pair_again(boss, maya, double):
    check()
    dismiss_pair(kind="contact", first_id=double.pk, second_id=maya.pk, actor=boss)
    undo(changeset_id=boss.last_change, actor=boss)
    check()
    assert pair() is not None and not Dismissal.objects.exists()


def test_a_dismissal_follows_through_merges(boss, make_contact, maya, double):
    third = make_contact("Maya", last_name="Lindqvist-Berg", phones=["+4531550187"])
    dismiss_pair(kind="contact", first_id=double.pk, second_id=third.pk, actor=boss)
    merge_contacts(survivor_id=maya.pk, loser_id=double.pk, actor=boss)
    check()
    row = Dismissal.objects.get()
    assert (row.first_id, row.second_id) == ordered(maya.pk, third.pk) and pair() is None
    undo(changeset_id=boss.last_change, actor=boss)
    row.refresh_from_db()
    assert (row.first_id, row.second_id) == ordered(double.pk, third.pk)


def test_a_scan_finds_what_was_never_announced_and_drops_what_is_no_more(admin, maya, double, make_company):
    for name in ("Parcel Union", "Parcel Union Ltd"):
        make_company(name)
    DuplicateCheck.objects.all().delete()
    gone = ordered(maya.pk, make_company("Other").pk)
    DuplicatePair.objects.create(record_kind="contact", first_id=gone[0], second_id=gone[1], score=70)
    for kind in ("contact", "company"):
        scan.start_scan(kind=kind, actor=Actor.of(admin))
    assert runs.sweep() == 2
    assert [(s.state, s.counts) for s in DuplicateScan.objects.all()] == [("done", {"found": 1})] * 2
    assert {p.record_kind for p in DuplicatePair.objects.all()} == {"contact", "company"}
    assert (pair().first_id, pair().second_id) == ordered(maya.pk, double.pk)


def test_a_stopped_scan_goes_on_where_it_stood(admin, maya, double, monkeypatch):
    boss, slices = Actor.of(admin), []
    started = scan.start_scan(kind="contact", actor=boss)
    plain = scan._compare_slice

    def stop_after_one(run, lease, rules):
        plain(run, lease, rules)
        slices.append(run.position)
        if len(slices) == 1:
            scan.stop_scan(scan_id=run.pk, actor=boss)

    monkeypatch.setattr(scan, "_compare_slice", stop_after_one)
    runs.sweep()
    started.refresh_from_db()
    assert (started.state, started.position) == ("stopped", "1") and runs.sweep() == 0
    scan.resume_scan(scan_id=started.pk, actor=boss)
    runs.sweep()
    started.refresh_from_db()
    assert started.state == "done" and slices == ["1", "2", "3", "4"] and pair() is not None


def test_two_scans_of_a_kind_do_not_run_at_once(admin):
    scan.start_scan(kind="contact", actor=Actor.of(admin))
    with pytest.raises(Refused):
        scan.start_scan(kind="contact", actor=Actor.of(admin))


def test_a_number_that_everybody_shares_compares_nobody(make_contact):
    for n in range(45):
        make_contact(f"Person{n}", phones=["+4531550100"])
    check()
    assert DuplicateKey.objects.exists() and not DuplicatePair.objects.exists()
