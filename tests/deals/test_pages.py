"""The pages of deals: who sees what, bad input, conflicts, settings (U3, P1, P3)."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, LostReason, Pipeline, Stage, StageChange
from deals.services import (
    add_person,
    add_pipeline,
    add_stage,
    archive_pipeline,
    archive_stage,
    bin_deal,
    close_deal,
    create_deal,
    edit_deal,
    edit_stage,
    move_deal,
    order_stages,
)

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "modal-body"}
PAGES = ("", "edit/", "owner/", "snooze/", "pipeline/", "people/", "keep/", "fields/title/", "fields/title/?edit=1")


@pytest.mark.parametrize("page", PAGES)
def test_a_hidden_deal_is_not_found(client_of, stranger, deal, page):
    assert client_of(stranger).get(f"/deals/{deal.pk}/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_who_sees_but_may_not_edit(client_of, mate, deal, page):
    expected = 200 if page in ("", "fields/title/") else 403
    assert client_of(mate).get(f"/deals/{deal.pk}/{page}").status_code == expected


@pytest.mark.parametrize("page", PAGES)
def test_the_owner_opens_every_page(client_of, rep, deal, page):
    assert client_of(rep).get(f"/deals/{deal.pk}/{page}").status_code == 200


@pytest.mark.parametrize(
    "action", ["reopen", "clone", "bin", "restore", "snooze", "owner", "edit", "people", "pipeline", "keep"]
)
@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("viewer", 403)])
def test_refused_actions_write_nothing(client_of, deal, action, who, status, request, database_diff):
    client = client_of(request.getfixturevalue(who))
    with database_diff() as diff:
        answer = client.post(f"/deals/{deal.pk}/{action}/", {"title": "x"})
    assert answer.status_code == (404 if action == "restore" else status)
    assert diff.empty


def test_names_are_shown_to_who_may_see_the_deal_links_only_with_an_own_right(
    client_of, rep, stranger, deal, as_rep, contact, system, teams
):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    text = client_of(rep).get(f"/deals/{deal.pk}/").content.decode()
    assert f"/contacts/{contact.pk}/" in text
    with changeset(system, "test.owner"):
        Contact.objects.filter(pk=contact.pk).update(owner=stranger)
    text = client_of(rep).get(f"/deals/{deal.pk}/").content.decode()
    assert "Lena Fischer" in text
    assert f"/contacts/{contact.pk}/" not in text


def test_the_page_costs_the_same_whatever_its_history(client_of, rep, deal, as_rep, stages):
    def cost():
        client = client_of(rep)
        client.get(f"/deals/{deal.pk}/")
        Workspace.forget()
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/deals/{deal.pk}/")
        return [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]

    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    few = cost()
    for n in range(6):
        edit_deal(deal_id=deal.pk, values={"amount": Decimal(n)}, actor=as_rep)
        move_deal(deal_id=deal.pk, to_stage=stages[n % 2 * 2], actor=as_rep)
    many = cost()
    assert len(few) == len(many), "\n".join(sql[:120] for sql in many)
    assert len(many) <= 16, "\n".join(sql[:120] for sql in many)


BAD = [
    ({"title": ""}, "title"),
    ({"title": "x" * 300}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"amount": "a lot"}, "amount"),
    ({"amount": "-5"}, "amount"),
    ({"amount": "9" * 30}, "amount"),
    ({"expected_close": "2026-02-31"}, "expected_close"),
    ({"owner": "01890000-0000-7000-8000-000000000000"}, "owner"),
    ({"company": "x"}, "company"),
    ({"currency": "€"}, "currency"),
    ({"contact": "01890000-0000-7000-8000-000000000000"}, "contact"),
    ({"stage": "x"}, "stage"),
    ({"tags": "y" * 200}, "tags"),
]


@pytest.mark.parametrize(("typed", "field"), BAD)
def test_bad_input_is_said_beside_the_field_and_kept(client_of, rep, stages, typed, field, database_diff):
    client = client_of(rep)
    data = {
        "title": "Deal",
        "owner": str(rep.pk),
        "stage": str(stages[0].pk),
        "currency": "USD",
        "source": "Kept words",
    }
    with database_diff() as diff:
        answer = client.post("/deals/new/", data | typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Kept words" in answer.content.decode()
    assert diff.empty


@pytest.mark.parametrize("title", ["🚀 اتفاقية", "O'Brien & <b>Söhne</b>"])
def test_any_script_is_a_title(client_of, rep, stages, title):
    data = {"title": title, "owner": str(rep.pk), "stage": str(stages[0].pk), "currency": "USD", "amount": "1.234,50"}
    assert client_of(rep).post("/deals/new/", data).status_code == 302
    deal = Deal.objects.get()
    assert (deal.title, deal.amount) == (title, Decimal("1234.50"))
    assert client_of(rep).get(f"/deals/{deal.pk}/").status_code == 200


def test_an_edit_saves_only_what_was_changed(client_of, rep, deal, as_rep):
    client = client_of(rep)
    form = client.get(f"/deals/{deal.pk}/edit/").context["form"]
    sent = {
        "version": form.version,
        "seen": form.seen_json,
        "title": deal.title,
        "owner": str(rep.pk),
        "currency": "USD",
    }
    sent |= {"amount": "148000", "company": str(deal.company_id), "source": "Fair"}
    edit_deal(deal_id=deal.pk, values={"title": "Changed meanwhile"}, actor=as_rep)
    assert client.post(f"/deals/{deal.pk}/edit/", sent).status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.source) == ("Changed meanwhile", "Fair")
    conflict = client.post(f"/deals/{deal.pk}/edit/", sent | {"title": "Mine"})
    assert conflict.status_code == 409
    assert "Changed meanwhile" in conflict.content.decode()


def test_a_field_is_edited_in_its_place(client_of, rep, deal):
    client = client_of(rep)
    seen = json.dumps({"amount": str(deal.amount)})
    bad = client.post(f"/deals/{deal.pk}/fields/amount/", {"amount": "lots", "seen": seen}, **HX)
    assert bad.status_code == 422
    saved = client.post(f"/deals/{deal.pk}/fields/amount/", {"amount": "$12,500", "seen": seen, "version": 1}, **HX)
    assert saved.status_code == 200
    assert "$12,500" in saved.content.decode()
    assert client.get(f"/deals/{deal.pk}/fields/nonsense/").status_code == 404


def test_an_amount_of_three_places_stays_what_it_is(client_of, rep, deal, as_rep):
    """`12.345` typed is twelve thousand; stored and shown it is saved again as it was."""
    edit_deal(deal_id=deal.pk, values={"amount": Decimal("12.345")}, actor=as_rep)
    client = client_of(rep)
    form = client.get(f"/deals/{deal.pk}/edit/").context["form"]
    shown = re.search(r'name="amount"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="amount"', str(form["amount"]))
    assert shown is not None
    sent = {"version": form.version, "seen": form.seen_json, "title": "Other", "owner": str(rep.pk), "currency": "USD"}
    sent |= {"amount": shown[1] or shown[2], "company": str(deal.company_id)}
    assert client.post(f"/deals/{deal.pk}/edit/", sent).status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.amount) == ("Other", Decimal("12.345"))


def test_the_currency_asks_first(client_of, rep, deal):
    client = client_of(rep)
    url = f"/deals/{deal.pk}/fields/currency/"
    asked = client.post(url, {"currency": "EUR"}, **HX)
    assert asked.status_code == 422
    assert "confirm_currency" in asked.content.decode()
    assert client.post(url, {"currency": "EUR", "confirm_currency": "on"}, **HX).status_code == 200
    deal.refresh_from_db()
    assert (deal.currency, deal.amount) == ("EUR", Decimal(148_000))


def test_the_list_and_the_bin(client_of, rep, stranger, deal, as_rep):
    assert deal.title in client_of(rep).get("/deals/?status=open").content.decode()
    assert deal.title not in client_of(stranger).get("/deals/").content.decode()
    bin_deal(deal_id=deal.pk, actor=as_rep)
    assert deal.title not in client_of(rep).get("/deals/").content.decode()
    assert deal.title in client_of(rep).get("/deals/bin/").content.decode()
    assert client_of(rep).get(f"/deals/{deal.pk}/").status_code == 404
    client_of(rep).post(f"/deals/{deal.pk}/restore/")
    assert client_of(rep).get(f"/deals/{deal.pk}/").status_code == 200


def test_a_lead_is_qualified_from_its_page(client_of, rep, stranger, contact, pipeline):
    url = f"/leads/{contact.pk}/qualify/"
    assert client_of(stranger).get(url).status_code == 404
    assert client_of(rep).get(url).status_code == 200
    made = client_of(rep).post(url, {"title": "Atlas", "amount": "5,000"})
    deal = Deal.objects.get()
    assert made.url == f"/deals/{deal.pk}/"
    assert client_of(rep).get(url).url == made.url
    assert Deal.objects.count() == 1


def test_an_own_probability_can_be_kept_after_a_move(client_of, rep, deal, as_rep, stages):
    edit_deal(deal_id=deal.pk, values={"probability": 60}, actor=as_rep)
    client = client_of(rep)
    client.post(f"/deals/{deal.pk}/move/", {"stage": stages[1].pk})
    assert client.post(f"/deals/{deal.pk}/keep/", {"probability": "60", "forecast_category": ""}).status_code == 302
    deal.refresh_from_db()
    assert (deal.stage, deal.probability) == (stages[1], 60)


def test_undone_moves_are_not_in_the_stage_history(client_of, rep, deal, as_rep, stages):
    from crm.kernel.audit.undo import undo

    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    visits = client_of(rep).get(f"/deals/{deal.pk}/").context["visits"]
    assert [visit.stage for visit in visits] == [stages[0]]
    assert visits[0].running


# Settings -------------------------------------------------------------------------------------------------------------
def test_only_holders_of_the_right_open_the_settings(client_of, rep, manager, admin, pipeline, stages, reason):
    for url in ("pipelines/", f"pipelines/{pipeline.pk}/", f"stages/{stages[0].pk}/", f"reasons/{reason.pk}/"):
        for person, status in ((rep, 403), (manager, 403), (admin, 200)):
            assert client_of(person).get(f"/settings/{url}").status_code == status


def test_stages_are_added_edited_and_ordered(admin, stages, pipeline):
    actor = Actor.of(admin)
    demo = add_stage(pipeline_id=pipeline.pk, values={"name": "Demo", "probability": 40}, actor=actor)
    assert [s.name for s in pipeline.stages.order_by("position")][4:] == ["Demo", "Closed Won", "Closed Lost"]
    order_stages(pipeline_id=pipeline.pk, stage_ids=[stages[0].pk, stages[1].pk, demo.pk], actor=actor)
    names = list(pipeline.stages.order_by("position").values_list("name", flat=True))
    assert names == ["Qualified", "Discovery", "Demo", "Proposal", "Negotiation", "Closed Won", "Closed Lost"]
    edit_stage(stage_id=demo.pk, values={"required_fields": ["amount"], "idle_days": 5}, actor=actor)
    with pytest.raises(Refused):
        edit_stage(stage_id=demo.pk, values={"required_fields": ["password"]}, actor=actor)
    with pytest.raises(Refused):
        add_stage(pipeline_id=pipeline.pk, values={"name": "demo", "probability": 40}, actor=actor)
    with pytest.raises(Refused):
        edit_stage(stage_id=demo.pk, values={"probability": 101}, actor=actor)


def test_a_stage_is_archived_after_its_deals_have_moved(admin, deal, stages, won):
    actor = Actor.of(admin)
    with pytest.raises(Refused):
        archive_stage(stage_id=stages[0].pk, actor=actor)
    with pytest.raises(Refused):
        archive_stage(stage_id=won.pk, actor=actor, move_to=stages[0])
    assert archive_stage(stage_id=stages[0].pk, actor=actor, move_to=stages[1]) == 1
    deal.refresh_from_db()
    assert deal.stage == stages[1]
    assert StageChange.objects.for_deal(deal).count() == 2
    assert Stage.objects.get(pk=stages[0].pk).position == 0


def test_a_pipeline_is_archived_only_when_empty_and_not_the_last(admin, deal, pipeline):
    actor = Actor.of(admin)
    with pytest.raises(Refused):
        archive_pipeline(pipeline_id=pipeline.pk, actor=actor)
    second = add_pipeline(name="Renewals", actor=actor, like=pipeline)
    assert second.stages.filter(kind_of="won").count() == second.stages.filter(kind_of="lost").count() == 1
    with pytest.raises(Refused):
        archive_pipeline(pipeline_id=pipeline.pk, actor=actor)
    archive_pipeline(pipeline_id=second.pk, actor=actor)
    assert list(Pipeline.objects.usable()) == [pipeline]


def test_more_than_seven_open_stages_earn_a_warning(client_of, admin, pipeline):
    for n in range(4):
        add_stage(pipeline_id=pipeline.pk, values={"name": f"Extra {n}", "probability": 50}, actor=Actor.of(admin))
    assert client_of(admin).get("/settings/pipelines/").context["too_many"] is True


def test_settings_by_forms(client_of, admin, pipeline, stages, reason, deal, as_rep):
    client = client_of(admin)
    stage = f"/settings/stages/{stages[0].pk}/"
    assert client.post(stage, {"probability": "15"}).status_code == 302
    assert client.post(stage, {"probability": "a lot"}).status_code == 422
    assert Stage.objects.get(pk=stages[0].pk).probability == 15
    client.post(f"/settings/pipelines/{pipeline.pk}/order/", {"down": str(stages[0].pk)})
    assert Stage.objects.get(pk=stages[0].pk).position == 1
    client.post("/settings/reasons/new/", {"name": "Bad timing"})
    assert client.post("/settings/reasons/new/", {"name": "bad timing"}).status_code == 422
    client.post(f"/settings/reasons/{reason.pk}/archive/")
    assert LostReason.objects.get(pk=reason.pk).archived_at is not None
    with pytest.raises(Refused):
        close_deal(deal_id=deal.pk, won=False, actor=as_rep, lost_reason=LostReason.objects.get(pk=reason.pk))
    moved = client.post(f"{stage}archive/", {"move_to": str(stages[2].pk)})
    assert moved.status_code == 302
    assert Deal.objects.get().stage == stages[2]


def test_deals_of_a_contact_are_on_its_page(client_of, rep, as_rep, contact, company):
    create_deal(
        actor=as_rep, title="Beside the contact", owner=rep, contacts=[(contact.pk, "")], company=company,
        expected_close=dt.date(2030, 1, 1),
    )  # fmt: skip
    for url in (f"/contacts/{contact.pk}/", f"/companies/{company.pk}/"):
        assert "Beside the contact" in client_of(rep).get(url).content.decode()
