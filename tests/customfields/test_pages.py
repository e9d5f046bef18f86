"""Settings pages of custom fields, and the fields in forms and on the pages of records."""

import json

import pytest
from django.urls import reverse

from contacts.models import Company, Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.services import create_field
from deals.models import Deal
from deals.services import create_deal, edit_stage

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(client_of, admin):
    return client_of(admin)


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


@pytest.fixture
def region(boss) -> CustomField:
    return create_field(record_kind="contact", label="Region", type="dropdown", options=["East", "West"], actor=boss)


def page(name: str, *args: object) -> str:
    return reverse(f"customfields:{name}", args=args)


def test_a_field_is_added_shown_ordered_edited_removed_and_restored(client, boss):
    first = {"label": "Preferred channel", "type": "dropdown", "options": "E-mail\nPhone\n\n", "sortable": "on"}
    assert client.post(f"{page('field_new')}?kind=company", first).status_code == 302
    client.post(f"{page('field_new')}?kind=company", {"label": "Fleet", "type": "number", "roles": ["manager"]})
    channel, fleet = CustomField.objects.order_by("position")
    assert (channel.key, channel.sortable, fleet.roles) == ("preferred_channel", False, ["manager"])
    shown = client.get(f"{page('field_list')}?kind=company").content.decode()
    assert "preferred_channel" in shown and "E-mail, Phone" in shown and "Seen by Manager" in shown
    client.post(f"{page('field_order')}?kind=company", {"down": str(channel.pk)})
    assert CustomField.objects.order_by("position")[0] == fleet
    client.post(f"{page('field_order')}?kind=company", {"field": [str(channel.pk), str(fleet.pk)]})
    assert CustomField.objects.order_by("position")[0] == channel
    edited = client.post(page("field_edit", fleet.pk), {"label": "Ships", "required": "on", "help_text": "all of them"})
    fleet.refresh_from_db()
    assert edited.status_code == 302 and (fleet.label, fleet.required, fleet.roles) == ("Ships", True, [])
    assert client.get(page("field_remove", fleet.pk)).status_code == 200
    client.post(page("field_remove", fleet.pk), {"values": "keep"})
    assert "Ships" in client.get(f"{page('field_list')}?kind=company").content.decode()
    client.post(page("field_restore", fleet.pk))
    fleet.refresh_from_db()
    assert fleet.removed_at is None


@pytest.mark.parametrize("posted", [{"label": "", "type": "text"}, {"label": "X", "type": "dropdown"}, {"label": "X"}])
def test_a_bad_field_answers_422_and_keeps_what_was_typed(client, posted):
    answer = client.post(f"{page('field_new')}?kind=deal", posted | {"help_text": "typed words"})
    assert answer.status_code == 422 and "typed words" in answer.content.decode()


@pytest.mark.parametrize("address", ["?kind=boat", "?kind=%00"])
def test_unknown_kinds_are_404(client, address):
    assert client.get(page("field_list") + address).status_code == 404


def test_choices_are_saved_and_a_bad_one_keeps_what_was_typed(client, region):
    posted = {
        "order": ["west", "east"], "label:west": "Far west", "label:east": "East", "offered:west": "1",
        "new": "South\nNorth",
    }  # fmt: skip
    assert client.post(page("field_options", region.pk), posted).status_code == 302
    region.refresh_from_db()
    assert [(each["label"], each["retired"]) for each in region.options] == [
        ("Far west", False), ("East", True), ("South", False), ("North", False),
    ]  # fmt: skip
    bad = client.post(page("field_options", region.pk), posted | {"label:west": "", "new": ""})
    assert bad.status_code == 422 and "A choice needs a name." in bad.content.decode()
    moved = {"up": "south", **{f"label:{o['key']}": o["label"] for o in region.options}}
    client.post(page("field_options", region.pk), moved | {"order": [each["key"] for each in region.options]})
    region.refresh_from_db()
    assert [each["key"] for each in region.options] == ["west", "south", "east", "north"]


def test_removing_a_choice_says_how_many_hold_it_first(client, boss, region):
    create_contact(values={"last_name": "Lee", "cf_region": "East"}, actor=boss)
    asked = client.get(page("option_remove", region.pk, "east"), **FRAGMENT).content.decode()
    assert "1 record holds it." in asked
    missing = client.post(page("option_remove", region.pk, "east"), {"choice": "into", "into": ""})
    assert missing.status_code == 422
    client.post(page("option_remove", region.pk, "east"), {"choice": "into", "into": "west"})
    assert Contact.objects.get().custom == {"region": "west"}
    assert client.get(page("option_remove", region.pk, "east")).status_code == 404


def test_changing_a_type_shows_what_it_would_do_first(client, boss):
    field = create_field(record_kind="contact", label="Fleet", type="text", actor=boss)
    for words in ("12", "many"):
        create_contact(values={"last_name": words, "cf_fleet": words}, actor=boss)
    assert "It holds Text now." in client.get(page("field_type", field.pk)).content.decode()
    asked = client.get(page("field_type", field.pk) + "?to=number").content.decode()
    assert "<b>1</b> of 2 values" in asked and "<code>many</code>" in asked
    client.post(page("field_type", field.pk) + "?to=number", {"misfits": "keep"})
    shown = client.get(page("field_edit", field.pk)).content.decode()
    assert "1 record holds a value that does not fit" in shown
    client.post(page("field_settle", field.pk))
    assert sorted(map(str, Contact.objects.values_list("custom", flat=True))) == ["{'fleet': '12'}", "{}"]
    words = client.get(page("field_type", field.pk) + "?to=dropdown").content.decode()
    assert "<b>1</b> of 1 values" in words
    client.post(page("field_type", field.pk) + "?to=dropdown", {"misfits": "keep", "options": "12\n13"})
    field.refresh_from_db()
    assert [each["label"] for each in field.options] == ["12", "13"]
    assert client.get(page("field_type", field.pk) + "?to=dropdown").status_code == 404


def test_work_is_shown_and_can_be_stopped_and_resumed(client, region):
    job = FieldJob.objects.create(field_id=region.pk, task="convert", total=10, done=5)
    part = client.get(page("field_list"), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="field-jobs").content.decode()
    assert "5 of 10 records" in part and "<html" not in part
    client.post(page("field_job", job.pk))
    job.refresh_from_db()
    assert job.state == "stopped" and "Go on" in client.get(page("field_list")).content.decode()
    client.post(page("field_job", job.pk), {"resume": "1"})
    job.refresh_from_db()
    assert job.state == "waiting"


ALL = {
    "text": ("Nordic", "Nordic"),
    "long_text": ("one\ntwo", "one\ntwo"),
    "number": ("1,200", "1,200"),
    "money": ({"": "12.50", "-currency": "EUR"}, "€12.50"),
    "date": ("2031-02-03", "3 Feb 2031"),
    "yes_no": ("no", "No"),
    "dropdown": ("east", "East"),
    "multi_select": (["east", "west"], "West"),
    "url": ("example.com/a", "example.com/a"),
    "user": (None, "Priya Raman"),
}


MODELS = {"contact": Contact, "company": Company, "deal": Deal}


def posted_as(name: str, typed: object) -> dict:
    return {f"{name}{end}": part for end, part in typed.items()} if isinstance(typed, dict) else {name: typed}


@pytest.mark.parametrize("kind", ["contact", "company", "deal"])
def test_all_types_in_forms_on_the_page_and_edited_in_their_place(kind, make_field, client_of, rep, pipeline):
    client = client_of(rep)
    base = {
        "contact": ("/contacts/", {"last_name": "Lee"}),
        "company": ("/companies/", {"name": "Acme"}),
        "deal": ("/deals/", {"title": "Big", "stage": str(pipeline.stages.order_by("position")[0].pk), "currency": "USD"}),
    }[kind]  # fmt: skip
    data = {**base[1], "owner": str(rep.pk)}
    for name, (typed, _shown) in ALL.items():
        make_field(name, kind)
        data |= posted_as(f"cf_{name}", typed or str(rep.pk))
    assert 'name="cf_money-currency"' in client.get(f"{base[0]}new/").content.decode()
    answer = client.post(f"{base[0]}new/", data)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    html = client.get(answer.url).content.decode()
    for _typed, shown in ALL.values():
        assert shown in html
    assert 'href="https://example.com/a" rel="noopener noreferrer nofollow"' in html
    for name, (typed, shown) in ALL.items():
        address = f"{answer.url}fields/cf_{name}/"
        assert client.get(f"{address}?edit=1", **FRAGMENT).status_code == 200
        cleared = client.post(address, {**posted_as(f"cf_{name}", {"": ""}), "seen": "{}"}, **FRAGMENT)
        assert cleared.status_code == 200 and name not in MODELS[kind].objects.get().custom
        back = client.post(address, posted_as(f"cf_{name}", typed or str(rep.pk)) | {"seen": "{}"}, **FRAGMENT)
        assert back.status_code == 200 and shown in back.content.decode()
    bad = client.post(f"{answer.url}fields/cf_number/", {"cf_number": "many", "seen": "{}"}, **FRAGMENT)
    assert bad.status_code == 422 and "Type a number" in bad.content.decode() and "many" in bad.content.decode()


def test_two_forms_of_one_record_conflict_only_in_the_same_field(make_field, client_of, rep):
    make_field("text", key="a")
    make_field("text", key="b")
    contact = create_contact(values={"last_name": "Lee", "owner": rep, "cf_a": "1", "cf_b": "1"}, actor=Actor.of(rep))
    client, address = client_of(rep), f"/contacts/{contact.pk}/fields/cf_"
    seen = {"version": "1", "seen": json.dumps({"cf_a": "1", "cf_b": "1"})}
    assert client.post(f"{address}a/", {"cf_a": "2", **seen}, **FRAGMENT).status_code == 200
    assert client.post(f"{address}b/", {"cf_b": "2", **seen}, **FRAGMENT).status_code == 200
    clash = client.post(f"{address}a/", {"cf_a": "3", **seen}, **FRAGMENT)
    assert clash.status_code == 409 and "is now: <b>2</b>" in clash.content.decode()


def test_what_a_role_may_not_see_is_neither_shown_nor_asked(make_field, client_of, rep, admin):
    make_field("text", key="secret", roles=["manager"])
    contact = create_contact(values={"last_name": "Lee", "owner": rep, "cf_secret": "hush"}, actor=Actor.of(admin))
    client = client_of(rep)
    for address in (f"/contacts/{contact.pk}/", f"/contacts/{contact.pk}/edit/", "/contacts/new/"):
        html = client.get(address).content.decode()
        assert "hush" not in html and "cf_secret" not in html
    assert client.get(f"/contacts/{contact.pk}/fields/cf_secret/?edit=1", **FRAGMENT).status_code == 404
    client.post(f"/contacts/{contact.pk}/edit/", {"last_name": "Li", "cf_secret": "x", "version": "1", "seen": "{}"})
    contact.refresh_from_db()
    assert (contact.last_name, contact.custom) == ("Li", {"secret": "hush"})


def test_a_move_asks_for_the_custom_fields_that_the_stage_demands(make_field, client_of, rep, admin, pipeline):
    make_field("money", "deal", key="budget")
    make_field("multi_select", "deal", key="places")
    deal = create_deal(title="Big", owner=rep, actor=Actor.of(rep))
    stage = pipeline.stages.get(name="Discovery")
    edit_stage(stage_id=stage.pk, values={"required_fields": ["cf_budget", "cf_places"]}, actor=Actor.of(admin))
    client = client_of(rep)
    asked = client.post(f"/deals/{deal.pk}/move/", {"stage": stage.pk, "version": "1"})
    html = asked.content.decode()
    assert asked.status_code == 422 and 'name="cf_budget"' in html and 'name="cf_places"' in html
    filled = {"stage": stage.pk, "version": "1", "cf_budget": "5", "cf_budget-currency": "EUR", "cf_places": ["east"]}
    assert client.post(f"/deals/{deal.pk}/move/", filled).status_code == 302
    deal.refresh_from_db()
    assert deal.stage == stage and deal.custom["places"] == ["east"]
    assert Deal.objects.get().custom["budget"] == {"amount": "5.00", "currency": "EUR"}


def test_a_new_record_must_have_what_is_required(make_field, client_of, rep):
    make_field("text", "company", key="must", required=True)
    client = client_of(rep)
    bad = client.post("/companies/new/", {"name": "Acme", "cf_must": ""})
    assert bad.status_code == 422 and "Fill this in." in bad.content.decode()
    assert client.post("/companies/new/", {"name": "Acme", "cf_must": "x"}).status_code == 302


def test_pages_show_no_change_in_the_number_of_statements(make_field, client_of, rep, django_assert_max_num_queries):
    company = create_company(values={"name": "Acme", "owner": rep}, actor=Actor.of(rep))
    client = client_of(rep)
    client.get(f"/companies/{company.pk}/")
    for name in ALL:
        make_field(name, "company")
    client.get(f"/companies/{company.pk}/")
    with django_assert_max_num_queries(14):
        client.get(f"/companies/{company.pk}/")
