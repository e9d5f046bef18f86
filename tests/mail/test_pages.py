"""Pages of mail: the editor, its preview, writing to somebody, the queue."""

import re

import pytest

from activities.mail.models import EmailTemplate, OutgoingMail
from activities.mail.services.queue import queue_template_mail
from crm.kernel.core.changes import Actor
from deals.services import add_person

HX = {"HX-Request": "true", "HX-Target": "modal-body"}


@pytest.fixture
def client(client_of, rep):
    return client_of(rep)


def test_a_template_is_made_changed_and_a_bad_field_stands_beside_it_with_what_was_typed(client, workspace):
    values = {"name": "Hi", "subject": "Hello", "text": "a\n{{ contact.nickname }}"}
    page = client.post("/settings/templates/new/", values)
    assert page.status_code == 422
    assert "Line 2" in page.content.decode()
    assert "{{ contact.nickname }}" in page.content.decode()
    made = client.post("/settings/templates/new/", {**values, "text": "Hi {{ contact.first_name }}", "shared": "on"})
    template = EmailTemplate.objects.get()
    assert made.headers["Location"] == f"/settings/templates/{template.pk}/"
    assert not template.shared  # a rep's own
    path = f"/settings/templates/{template.pk}/"
    changed = {"name": "Ho", "subject": "Hello", "text": "x", "version": template.version}
    assert client.post(path, changed).status_code == 302
    stale = client.post(path, {**changed, "name": "He"})
    assert stale.status_code == 409
    assert 'value="He"' in stale.content.decode()
    again = re.search(r'name="version" value="(\d+)"', stale.content.decode())[1]
    assert client.post(path, {**changed, "name": "He", "version": again}).status_code == 302


def test_the_preview_is_of_a_real_record_names_holes_and_sends_a_test(client, make_template, maya, deal, rep):
    template = make_template(html="<p style='color:red'>{{ deal.title }} {{ contact.city }}</p>", marketing=True)
    path = f"/settings/templates/{template.pk}/"
    page = client.get(f"{path}?contact={maya.pk}&deal={deal.pk}").content.decode()
    assert "Hello Maya" in page
    assert "Contact: City" in page
    frame = client.get(f"{path}frame/?contact={maya.pk}&deal={deal.pk}")
    assert b"Sensor renewal" in frame.content
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.post(f"{path}test/?contact={maya.pk}").status_code == 302
    assert OutgoingMail.objects.get().to_address == rep.email


def test_a_preview_shows_nothing_of_a_hidden_record_u3(client_of, stranger, make_template, admin, maya, deal):
    template = make_template(Actor.of(admin), shared=True, text="{{ deal.title }} {{ contact.name }}")
    for path in ("", "frame/"):
        found = client_of(stranger).get(f"/settings/templates/{template.pk}/{path}?contact={maya.pk}&deal={deal.pk}")
        assert "Lindqvist" not in found.content.decode()
        assert "Sensor" not in found.content.decode()


def test_a_rep_writes_from_a_deal_upon_a_template(client, make_template, maya, deal):
    template = make_template(text="About {{ deal.title }} in {{ contact.city }}")
    path = f"/mail/compose/deal/{deal.pk}/"
    blank = client.get(path, headers=HX).content.decode()
    assert "maya@nordhavn.example" in blank
    chosen = {"contact": maya.pk, "deal": deal.pk, "template": template.pk}
    filled = client.post(path, {**chosen, "again": "1"}, headers=HX).content.decode()
    assert "About Sensor renewal in [Contact: City]" in filled
    key = re.search(r'name="key" value="(\w+)"', filled)[1]
    text = {"subject": "Hello Maya", "text": "About Sensor renewal in [Contact: City]", "key": key}
    refused = client.post(path, {**chosen, **text}, headers=HX)
    assert refused.status_code == 422
    assert not OutgoingMail.objects.exists()
    text["text"] = "About Sensor renewal"
    for _click in range(2):
        assert client.post(path, {**chosen, **text}, headers=HX).status_code == 204
    mail = OutgoingMail.objects.get()
    assert (mail.text, mail.deal, mail.contact, mail.state) == ("About Sensor renewal", deal, maya, "queued")


def test_a_template_with_html_is_sent_as_it_is(client, make_template, maya):
    template = make_template(html="<p>Hi {{ contact.first_name }}</p>")
    path = f"/mail/compose/contact/{maya.pk}/"
    page = client.get(f"{path}?template={template.pk}").content.decode()
    assert "<iframe" in page
    key = re.search(r'name="key" value="(\w+)"', page)[1]
    client.post(path, {"contact": maya.pk, "template": template.pk, "key": key})
    assert OutgoingMail.objects.get().html == "<p>Hi Maya</p>"


def test_only_visible_people_of_a_deal_are_offered(client, maya, deal, stranger):
    from contacts.services import create_contact

    other = Actor.of(stranger)
    hidden = create_contact(
        values={"first_name": "Hidden", "emails": ["h@x.example"], "owner_id": stranger.pk}, actor=other
    )
    add_person(deal_id=deal.pk, contact_id=hidden.pk, actor=Actor.system("test"))
    page = client.get(f"/mail/compose/deal/{deal.pk}/").content.decode()
    assert "h@x.example" not in page


def test_the_queue_shows_states_filters_and_steers(client, client_of, template, maya, as_rep, stranger):
    mail = queue_template_mail(template=template, contact=maya, actor=as_rep, key="k")
    assert "Hello Maya" in client.get("/settings/outbox/").content.decode()
    assert "Hello Maya" in client.get("/settings/outbox/?state=queued&to=MAYA@nordhavn.example").content.decode()
    assert "Hello Maya" not in client.get("/settings/outbox/?state=sent").content.decode()
    assert "Hello Maya" not in client_of(stranger).get("/settings/outbox/").content.decode()
    assert "Hi Maya Lindqvist" in client.get(f"/settings/outbox/{mail.pk}/").content.decode()
    client.post(f"/settings/outbox/{mail.pk}/cancel/")
    mail.refresh_from_db()
    assert mail.state == "cancelled"
    client.post(f"/settings/outbox/{mail.pk}/retry/")
    mail.refresh_from_db()
    assert mail.state == "queued"


def test_the_queue_is_paged_and_costs_the_same_at_any_length(client, maya, django_assert_max_num_queries):
    from activities.mail.services.queue import queue_mail

    for number in range(60):
        queue_mail(contact=maya, subject=f"S{number:02}", text="x", actor=Actor.system("Rule"), key=f"{number}")
    client.get("/settings/outbox/")
    with django_assert_max_num_queries(8):
        page = client.get("/settings/outbox/").content.decode()
    assert "S59" in page
    assert "S09" not in page
    before = re.search(r"before=([0-9a-f-]{36})", page)[1]
    assert "S09" in client.get(f"/settings/outbox/?before={before}").content.decode()
    assert client.get("/settings/outbox/?before=x").status_code == 200


def test_an_admin_blocks_and_lifts_an_address(client_of, admin):
    client = client_of(admin)
    assert client.post("/settings/blocks/", {"address": "no address"}).status_code == 422
    assert client.post("/settings/blocks/", {"address": "A@b.example", "note": "asked on the phone"}).status_code == 302
    page = client.get("/settings/blocks/?q=a@B.example").content.decode()
    pk = re.search(r"/settings/blocks/([0-9a-f-]{36})/lift/", page)[1]
    assert client.post(f"/settings/blocks/{pk}/lift/").status_code == 302
    assert "/lift/" not in client.get("/settings/blocks/?q=a@b.example").content.decode()
