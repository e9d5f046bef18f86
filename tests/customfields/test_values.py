"""Custom values at the one door: created, edited, refused and hidden, for contacts, companies and deals (C1, P3)."""

import pytest

from contacts.models import Contact
from contacts.services import create_company, create_contact, edit_company, edit_contact
from contacts.services.companies import company_for_name
from contacts.services.search import refresh_search
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict, MissingFields, Refused
from crm.kernel.events.models import Event
from deals.models import Deal, Stage
from deals.services import clone_deal, create_deal, edit_deal, move_deal, qualify_lead


@pytest.fixture
def fields(make_field):
    """A text and a dropdown on each kind."""
    for kind in ("contact", "company", "deal"):
        make_field("text", kind, key="fleet")
        make_field("dropdown", kind, key="region")


@pytest.fixture
def actor(rep) -> Actor:
    return Actor.of(rep)


def make(kind: str, actor: Actor, owner=None, **custom):
    """Make a record of a kind and return it with its edit, as `edit(values, **options)`."""
    values = {f"cf_{key}": value for key, value in custom.items()}
    if kind == "contact":
        record = create_contact(values={"last_name": "Lee", "owner": owner or actor.user, **values}, actor=actor)
        return record, lambda v, **o: edit_contact(contact_id=record.pk, values=v, actor=actor, **o)
    if kind == "company":
        record = create_company(values={"name": "Acme", "owner": owner or actor.user, **values}, actor=actor)
        return record, lambda v, **o: edit_company(company_id=record.pk, values=v, actor=actor, **o)
    record = create_deal(title="Big", owner=owner or actor.user, custom=values, actor=actor)
    return record, lambda v, **o: edit_deal(deal_id=record.pk, values=v, actor=actor, **o)


KINDS = pytest.mark.parametrize("kind", ["contact", "company", "deal"])


@KINDS
def test_values_are_stored_cleaned_and_count_in_the_version(kind, fields, actor, pipeline):
    record, edit = make(kind, actor, fleet=" 12  ", region="EAST")
    assert record.custom == {"fleet": "12", "region": "east"}
    changed = edit({"cf_region": "West"})
    assert changed.custom == {"fleet": "12", "region": "west"} and changed.version == record.version + 1
    assert edit({"cf_region": "west"}).version == changed.version, "the same value again changes nothing"
    assert edit({"cf_fleet": ""}).custom == {"region": "west"}
    event = Event.objects.filter(name=f"{kind}.changed").order_by("id").first()
    assert event is not None and "cf_region" in str(event.data)


@KINDS
def test_bad_values_are_refused_beside_the_field_and_nothing_is_written(kind, fields, actor, pipeline, database_diff):
    _record, edit = make(kind, actor, region="east")
    with database_diff() as diff:
        with pytest.raises(Refused) as refused:
            edit({"cf_region": "Mars"})
        assert refused.value.fields["cf_region"] == "Not one of: East, West."
        with pytest.raises(Refused) as refused:
            edit({"cf_unknown": "x"})
        assert refused.value.fields["cf_unknown"] == "There is no such field."
        with pytest.raises(Refused):
            make(kind, actor, region=["a"])
    assert diff.empty


@KINDS
def test_two_people_in_two_fields_do_not_meet_in_one_they_do(kind, fields, actor, pipeline):
    record, edit = make(kind, actor, fleet="1", region="east")
    seen = {"cf_fleet": "1", "cf_region": "east"}
    edit({"cf_fleet": "2"}, version=record.version, seen=seen)
    both = edit({"cf_region": "west"}, version=record.version, seen=seen)
    assert both.custom == {"fleet": "2", "region": "west"}
    with pytest.raises(Conflict) as conflict:
        edit({"cf_fleet": "3"}, version=record.version, seen=seen)
    clash = conflict.value.theirs["fields"]["cf_fleet"]
    assert (clash["mine"], clash["theirs"]) == ("3", "2")
    assert edit({"cf_fleet": "2"}, version=record.version, seen=seen).version == both.version


@KINDS
def test_a_field_of_other_roles_is_neither_set_nor_lost(kind, make_field, actor, admin, pipeline):
    make_field("text", kind, key="secret", roles=["manager"])
    make_field("text", kind, key="open")
    boss, _edit = make(kind, Actor.of(admin), owner=actor.user, secret="s")
    edit = {"contact": edit_contact, "company": edit_company, "deal": edit_deal}[kind]
    with pytest.raises(Refused):
        edit(**{f"{kind}_id": boss.pk}, values={"cf_secret": "x"}, actor=actor)
    assert edit(**{f"{kind}_id": boss.pk}, values={"cf_open": "o"}, actor=actor).custom == {"secret": "s", "open": "o"}


@KINDS
def test_required_binds_new_records_of_people_and_emptying(kind, make_field, actor, pipeline, system):
    _old, edit = make(kind, actor)
    make_field("text", kind, key="must", required=True)
    with pytest.raises(Refused) as refused:
        make(kind, actor)
    assert refused.value.fields == {"cf_must": "Fill this in."}
    old = edit({"description": "other things of an old record go on"})
    assert old.custom == {}
    assert edit({"cf_must": "x"}).custom == {"must": "x"}
    with pytest.raises(Refused):
        edit({"cf_must": ""})


def test_required_does_not_stop_an_import_nor_a_company_named_in_passing(make_field, actor, rep):
    make_field("text", "company", key="must", required=True)
    assert create_company(values={"name": "A"}, actor=Actor("import", rep, "list.csv", "import")).pk
    assert company_for_name(name="New one", actor=actor).pk


def test_a_field_hidden_from_somebody_is_not_demanded_of_them(make_field, actor):
    make_field("text", "contact", key="must", required=True, roles=["manager"])
    assert make("contact", actor)[0].custom == {}


def test_a_stage_may_demand_a_custom_field(fields, actor, pipeline, admin):
    from deals.services import edit_stage

    deal, _edit = make("deal", actor)
    stage = pipeline.stages.get(name="Discovery")
    edit_stage(stage_id=stage.pk, values={"required_fields": ["cf_region"]}, actor=Actor.of(admin))
    stage.refresh_from_db()
    with pytest.raises(MissingFields) as missing:
        move_deal(deal_id=deal.pk, to_stage=stage, actor=actor, version=deal.version)
    assert missing.value.missing == ["cf_region"] and "Region" in missing.value.message
    moved = move_deal(deal_id=deal.pk, to_stage=stage, actor=actor, version=deal.version, fill={"cf_region": "east"})
    assert moved.stage == stage and Deal.objects.get(pk=deal.pk).custom == {"region": "east"}
    assert "cf_region" in str(Event.objects.filter(name="deal.changed").get().data)


def test_a_stage_demands_no_field_that_is_gone_or_hidden(make_field, actor, pipeline, admin):
    from deals.services import edit_stage

    deal, _edit = make("deal", actor)
    hidden = make_field("text", "deal", key="hidden", roles=["manager"])
    stage: Stage = pipeline.stages.get(name="Discovery")
    with pytest.raises(Refused):
        edit_stage(stage_id=stage.pk, values={"required_fields": [f"cf_{hidden.key}"]}, actor=Actor.of(admin))
    stage.required_fields = ["cf_gone", "cf_hidden"]
    assert stage.missing_from(deal, people=False) == []


def test_a_copy_of_a_deal_and_a_qualified_lead_carry_custom_values(fields, make_field, actor, pipeline):
    deal, _edit = make("deal", actor, region="west")
    assert clone_deal(deal_id=deal.pk, actor=actor).custom == {"region": "west"}
    lead = create_contact(values={"last_name": "L", "owner": actor.user, "lifecycle": "lead"}, actor=actor)
    made = qualify_lead(contact_id=lead.pk, actor=actor, custom={"cf_region": "east"})
    assert made.deal.custom == {"region": "east"}


def test_search_finds_words_that_everybody_may_see_and_no_others(make_field, admin):
    make_field("text", key="ship")
    make_field("multi_select", key="places")
    make_field("text", key="secret", roles=["manager"])
    make_field("number", key="count")
    made = create_contact(
        values={
            "last_name": "Lee", "cf_ship": "Älva", "cf_places": "east; west", "cf_secret": "hush", "cf_count": "77",
        },
        actor=Actor.of(admin),
    )  # fmt: skip
    made.refresh_from_db()
    assert made.search_text == "lee alva"
    Contact.objects.filter(pk=made.pk).update(search_text="")  # a derived column: no history
    refresh_search([made.pk])
    made.refresh_from_db()
    assert made.search_text == "lee alva", "SQL finds the same words as Python"
    edit_contact(contact_id=made.pk, values={"cf_ship": "Borg"}, actor=Actor.of(admin))
    made.refresh_from_db()
    assert made.search_text == "lee borg"


def test_a_deal_is_found_by_its_custom_words(fields, actor, pipeline):
    deal, edit = make("deal", actor, fleet="Nordic")
    assert "nordic" in Deal.objects.get(pk=deal.pk).search_text
    edit({"cf_fleet": "Baltic"})
    assert Deal.objects.get(pk=deal.pk).search_text == "big baltic"
