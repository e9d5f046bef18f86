"""Two contacts become one (M3): values, addresses, children, redirects, refusals; and apart again (M4)."""

import pytest
from django.core.exceptions import PermissionDenied

from activities.models import Activity, ActivityContact, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import complete_task
from contacts.models import Contact, ContactEmail, ContactPhone, Lifecycle
from contacts.services import create_contact, edit_contact, return_leads
from contacts.services.drafts import AddressTaken
from contacts.services.merging import merge_contacts
from crm.kernel.audit.sentences import record_changes
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField
from crm.kernel.events.models import Event
from crm.kernel.search.models import Favourite
from crm.kernel.search.services import toggle_favourite
from deals.models import Deal, DealContact
from deals.services import move_deal

from .conftest import business


def merge(survivor, loser, actor, **choices):
    return merge_contacts(survivor_id=survivor.pk, loser_id=loser.pk, actor=actor, choices=choices)


def test_empties_are_filled_values_kept_and_lists_united(boss, maya, double):
    merged = merge(maya, double, boss)
    assert merged.pk == maya.pk and merged.name == "Maya Lindqvist" and merged.job_title == "Head of Operations"
    assert merged.city == "Aarhus" and merged.source == "Trade fair" and merged.tags == ["vip", "ferries"]
    emails = ContactEmail.objects.filter(contact=maya).order_by("-primary", "pk").values_list("address", flat=True)
    assert list(emails) == ["maya.lindqvist@nordhavn.example", "maya@lindquist.example"]
    assert set(ContactPhone.objects.filter(contact=maya).values_list("number", flat=True)) == {
        "+4531550187", "+4520202020",
    }  # fmt: skip
    assert "maya@lindquist.example" in merged.search_text and "+4520202020" in merged.search_text


def test_values_are_chosen_field_by_field(boss, maya, double, mate):
    double = edit_contact(contact_id=double.pk, values={"company": None}, actor=boss)
    merged = merge(
        maya, double, boss, name="loser", owner="loser", company="loser", tags="survivor",
        emails=["maya@lindquist.example"], phones=["+4520202020"],
    )  # fmt: skip
    assert merged.name == "Maya Lindquist" and merged.owner == mate and merged.tags == ["vip"]
    assert merged.company is None  # whoever picks the empty value means it
    assert merged.primary_email == "maya@lindquist.example" and merged.primary_phone == "+4520202020"
    left = ContactEmail.objects.get(address="maya.lindqvist@nordhavn.example")
    assert left.contact_id == double.pk and not left.live


def test_custom_fields_are_united_by_key(boss, maya, double):
    with changeset(boss, "test.custom"):
        Contact.objects.filter(pk=maya.pk).update(custom={"fleet": "24", "regions": ["north"]})
        Contact.objects.filter(pk=double.pk).update(custom={"fleet": "9", "size": "3"})
    assert merge(maya, double, boss).custom == {"fleet": "24", "regions": ["north"], "size": "3"}


def test_a_no_that_somebody_said_is_not_empty(boss, maya, double):
    with changeset(boss, "test.custom"):
        CustomField.objects.create(record_kind="contact", key="newsletter", label="Newsletter", type="yes_no")
        Contact.objects.filter(pk=maya.pk).update(custom={"newsletter": False})
        Contact.objects.filter(pk=double.pk).update(custom={"newsletter": True})
    forget()
    assert merge(maya, double, boss).custom == {"newsletter": False}


def test_everything_that_hangs_on_the_other_moves(boss, maya, double, work):
    before = {model: model.objects.count() for model in (Task, Deal)}
    deal = work["deal"]
    merge(maya, double, boss)
    assert not ActivityContact.objects.filter(contact=double).exists()
    assert not DealContact.objects.filter(contact=double).exists() and not Task.objects.filter(contact=double).exists()
    talks = Activity.objects.filter(contacts=maya).exclude(type="system")
    assert set(talks) == {work["call"], work["meeting"], work["note"]}
    assert {model: model.objects.count() for model in before} == before
    after = Deal.objects.get(pk=deal.pk)
    assert (after.owner_id, after.stage_id, after.stage_entered_at, after.last_worked_at) == (
        deal.owner_id, deal.stage_id, deal.stage_entered_at, deal.last_worked_at,
    )  # fmt: skip
    assert "lindqvist" in after.search_text


def test_who_is_in_a_deal_twice_keeps_both_roles_and_the_first_place(boss, maya, double, work):
    merge(maya, double, boss)
    link = DealContact.objects.get(deal=work["shared"])
    assert link.contact == maya and link.role == "Buyer, Legal" and link.primary


def test_a_merge_fires_no_event_of_deals_and_says_what_it_is(boss, maya, double, work):
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    merge(maya, double, boss)
    events = Event.objects.filter(pk__gt=last)
    assert [event.name for event in events] == ["contact.merged"]
    assert events[0].subject_id == maya.pk and events[0].data["loser_id"] == str(double.pk)
    entry = Activity.objects.get(system="contact_merged")
    assert list(entry.contacts.all()) == [maya] and entry.data["title"] == "Maya Lindquist"


def test_lifecycle_follows_the_deals_that_came_along(boss, rep, mate, maya, double, work):
    edit_contact(contact_id=maya.pk, values={"company": None}, actor=boss)
    won = work["deal"].pipeline.stages.get(kind_of="won")
    move_deal(deal_id=work["deal"].pk, to_stage=won, actor=Actor.of(mate))
    assert merge(maya, double, boss).lifecycle == Lifecycle.CUSTOMER


def test_whoever_wants_no_mail_from_one_wants_none(boss, make_contact):
    one, other = make_contact("Ann"), make_contact("Anne", do_not_email=True)
    assert merge(one, other, boss).do_not_email


def test_the_old_address_leads_to_the_survivor_over_several_merges(
    client_of, manager, boss, maya, double, make_contact
):
    third = make_contact("M.", last_name="Lindqvist")
    merge(double, third, boss)
    merge(maya, double, boss)
    client = client_of(manager)
    for old in (third, double):
        response = client.get(f"/contacts/{old.pk}/", follow=True)
        assert response.redirect_chain == [(f"/contacts/{maya.pk}/", 302)]
        assert "merged into Maya Lindqvist" in response.text
    assert client.get(f"/contacts/{third.pk}/edit/").status_code == 302
    response = client.post(f"/contacts/{third.pk}/edit/", {"first_name": "Typed words"})
    assert response.status_code == 409 and "Typed words" in response.text
    assert "Lindquist" not in client.get("/contacts/").text and "Lindquist" not in client.get("/contacts/bin/").text


def test_hidden_survivors_are_not_told(client_of, stranger, boss, maya, double):
    merge(maya, double, boss)
    assert client_of(stranger).get(f"/contacts/{double.pk}/").status_code == 404


def test_an_address_that_nobody_kept_still_leads_to_the_survivor(boss, rep, maya, double):
    merge(maya, double, boss, emails=["maya.lindqvist@nordhavn.example"])
    with pytest.raises(AddressTaken, match="belongs to Maya Lindqvist"):
        create_contact(values={"first_name": "New", "emails": ["maya@lindquist.example"]}, actor=Actor.of(rep))
    (found,) = return_leads(rows=[{"emails": ["maya@lindquist.example"]}], source="form", actor=Actor.of(rep))
    assert found == maya


def test_stars_follow(boss, rep, maya, double):
    toggle_favourite(user=rep, kind="contact", record_id=double.pk)
    merge(maya, double, boss)
    assert Favourite.objects.filter(user=rep, record_id=maya.pk).exists()


@pytest.mark.parametrize(
    ("case", "error"),
    [("itself", Refused), ("merged", Refused), ("binned", Refused), ("other kind", Refused), ("strange choice", Refused),
     ("strange field", Refused), ("strange address", Refused), ("hidden", Contact.DoesNotExist),
     ("no right to merge", PermissionDenied), ("not theirs to edit", PermissionDenied)],
)  # fmt: skip
def test_refusals_write_nothing(
    case, error, boss, rep, mate, stranger, viewer, admin, maya, double, nordhavn, make_contact, database_diff
):
    hidden = make_contact("Hidden", by=stranger)
    gone = make_contact("Gone")
    merge(gone, make_contact("Late", last_name="One"), boss)
    late = Contact.objects.merged().get(merged_into=gone)
    loser, actor, choices = double.pk, boss, {}
    if case == "itself":
        loser = maya.pk
    elif case == "merged":
        loser = late.pk
    elif case == "binned":
        from contacts.services import bin_contacts

        loser = gone.pk
        bin_contacts(contact_ids=[gone.pk], actor=Actor.of(admin))
    elif case == "other kind":
        loser = nordhavn.pk
    elif case == "strange choice":
        choices = {"job_title": "both"}
    elif case == "strange field":
        choices = {"password": "loser"}
    elif case == "strange address":
        choices = {"emails": ["nobody@else.example"]}
    elif case == "hidden":
        loser = hidden.pk
    elif case == "no right to merge":
        actor = Actor.of(rep)
    else:
        viewer.role.flags = ["merge"]
        actor = Actor.of(viewer)
    with database_diff() as diff, pytest.raises(error):
        merge_contacts(survivor_id=maya.pk, loser_id=loser, actor=actor, choices=choices)
    assert diff.empty


def test_undo_gives_everything_back_and_redo_takes_it_again(boss, maya, double, work):
    before = business()
    merge(maya, double, boss, name="loser", emails=["maya@lindquist.example"], phones=["+4520202020"])
    after = business()
    first = undo(changeset_id=boss.last_change, actor=boss)
    assert business() == before and not first.conflicts
    undo(changeset_id=first.changeset_id, actor=boss)
    assert business() == after
    undo(changeset_id=boss.last_change, actor=boss)
    assert business() == before


def test_undo_needs_no_right_to_the_deals_that_moved_along(boss, stranger, maya, double):
    from deals.services import add_person, create_deal

    deal = create_deal(actor=Actor.of(stranger), title="Theirs", owner=stranger)
    add_person(deal_id=deal.pk, contact_id=double.pk, actor=Actor.system("test"))
    before = business()
    merge(maya, double, boss)
    undo(changeset_id=boss.last_change, actor=boss)
    assert business() == before


def test_the_history_of_the_other_is_told_with_the_survivors(boss, make_contact, maya, double):
    edit_contact(contact_id=double.pk, values={"job_title": "Chief of pumps"}, actor=boss)
    before = make_contact("Third", last_name="Double", job_title="Fitter")
    merge(double, before, boss)
    merge(maya, double, boss)
    entries = record_changes(maya, actor=boss, field="job_title")
    told = [
        (sentence.after, sentence.row)
        for entry in entries
        for sentence in entry.sentences
        if "merged" in sentence.label
    ]
    assert ("Chief of pumps", 0) in told and ("Fitter", 0) in told
    kinds = {sentence.field for entry in record_changes(maya, actor=boss) for sentence in entry.sentences}
    assert "contactemail" in kinds


def test_edits_after_the_merge_stay_where_they_belong(boss, rep, mate, maya, double, work):
    merge(maya, double, boss)
    merged = boss.last_change
    edit_contact(contact_id=maya.pk, values={"language": "Danish", "tags": ["vip", "ferries", "new"]}, actor=boss)
    complete_task(task_id=work["task"].pk, actor=Actor.of(mate))
    later = log_activity(row=ActivityRow(type="call", subject="Later", contact_ids=(maya.pk,)), actor=Actor.of(rep))
    undo(changeset_id=merged, actor=boss)
    maya.refresh_from_db()
    double.refresh_from_db()
    task = Task.objects.get(pk=work["task"].pk)
    assert double.binned_at is None and double.merged_into_id is None
    assert maya.language == "Danish" and maya.tags == ["vip", "new"] and double.tags == ["vip", "ferries"]
    assert task.contact_id == double.pk and task.done_at is not None
    assert list(later.contacts.all()) == [maya] and ContactEmail.objects.get(address="maya@lindquist.example").live


def test_a_value_edited_since_is_a_conflict_with_both_values(boss, maya, double):
    merge(maya, double, boss, job_title="loser")
    merged = boss.last_change
    edit_contact(contact_id=maya.pk, values={"job_title": "COO"}, actor=boss)
    with pytest.raises(Conflict):
        undo(changeset_id=merged, actor=boss)
    undo(changeset_id=merged, actor=boss, force=True)
    maya.refresh_from_db()
    double.refresh_from_db()
    assert maya.job_title == "COO" and double.job_title == "Operations" and double.binned_at is None
