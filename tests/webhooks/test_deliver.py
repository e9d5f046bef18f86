"""Delivering over the wire: signed, at least once under one id, cut off where it must be, never inwards (W3)."""

import datetime as dt
import json
import ssl
import time

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from crm.kernel.audit.registry import stop_effects
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from workflows.webhooks import addresses, wire
from workflows.webhooks.models import Delivery, WebhookEndpoint
from workflows.webhooks.services import sending
from workflows.webhooks.services.endpoints import allow_host, create_endpoint, edit_endpoint, rotate_secret
from workflows.webhooks.services.queue import cancel_delivery, queue_webhook, redeliver
from workflows.webhooks.services.sending import clean_up, send_due_deliveries

from .server import certificate_for, web_server

RULE = Actor.system("Tell the ERP")


@pytest.fixture(scope="module")
def running():
    with web_server() as server:
        yield server


@pytest.fixture
def server(running):
    running.requests.clear()
    running.cut.clear()
    return running


@pytest.fixture
def boss(admin):
    return Actor.of(admin)


@pytest.fixture
def hook(server, boss, monkeypatch):
    """Return a function that makes an endpoint at the local server, under a name that an admin has allowed."""
    real = addresses.resolve
    names = {"hooks.test": ["127.0.0.1"]}
    monkeypatch.setattr(addresses, "resolve", lambda host, port: names.get(host) or real(host, port))
    monkeypatch.setattr(wire, "SECONDS", 0.4)
    allow_host(host="hooks.test", actor=boss)

    def make(path="ok"):
        url = f"http://hooks.test:{server.server_port}/{path}"
        return create_endpoint(values={"name": path, "url": url}, actor=boss)

    return make


def queue(endpoint, key="1", **payload):
    return queue_webhook(endpoint=endpoint, payload=payload or {"deal": "d1"}, key=key, actor=RULE)


def sent(delivery):
    send_due_deliveries()
    delivery.refresh_from_db()
    return delivery


def due():
    WebhookEndpoint.objects.update(paused_until=None)
    Delivery.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())


def test_a_message_is_signed_and_its_key_queues_it_once(hook, server):
    endpoint, secret = hook()
    delivery = queue(endpoint, amount="48000.00")
    assert queue(endpoint).pk == delivery.pk
    sent(delivery)
    (request,) = server.requests
    _path, headers, text = request
    assert (delivery.state, delivery.status, delivery.excerpt) == ("delivered", 200, "thanks")
    found = Webhook(secret).verify(text, headers)
    assert found["data"] == {"amount": "48000.00"}
    assert headers["Host"] == f"hooks.test:{server.server_port}"
    assert headers["webhook-id"] == headers["Idempotency-Key"] == delivery.message_id
    assert send_due_deliveries() == 0


def test_after_a_rotation_both_secrets_sign_for_a_day(hook, server, boss):
    endpoint, old = hook()
    _endpoint, new = rotate_secret(endpoint_id=endpoint.pk, actor=boss)
    sent(queue(endpoint))
    _path, headers, text = server.requests[-1]
    for secret in (old, new):
        Webhook(secret).verify(text, headers)
    WebhookEndpoint.objects.update(old_until=timezone.now())
    sent(queue(endpoint, "2"))
    _path, headers, text = server.requests[-1]
    Webhook(new).verify(text, headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(old).verify(text, headers)
    assert old not in str(WebhookEndpoint.objects.values().get())


@pytest.mark.parametrize(
    ("path", "state", "status", "words"),
    [
        ("broken", "queued", 500, ""),
        ("later", "queued", 429, ""),
        ("gone", "failed", 410, ""),
        ("hang", "queued", None, "No answer within"),
        ("drip", "queued", None, "No answer within"),
        ("rubbish", "queued", None, "Error"),
        ("later_rubbish", "queued", 503, ""),
        ("nowhere", "queued", None, "ValueError"),
        ("inwards", "failed", None, "inside the network"),
        ("inwards-302", "failed", None, "inside the network"),
        ("round", "queued", None, "again and again"),
    ],
)
def test_what_does_not_arrive_is_noted_and_tried_again_if_that_may_help(hook, server, path, state, status, words):
    endpoint, _secret = hook(path)
    began = time.monotonic()
    delivery = sent(queue(endpoint))
    assert time.monotonic() - began < 3
    assert (delivery.state, delivery.status) == (state, status)
    assert words in delivery.error
    assert len(delivery.attempts_made) == 1
    endpoint.refresh_from_db()
    assert endpoint.failures == 1
    if path == "later":
        assert delivery.next_try_at > timezone.now() + dt.timedelta(seconds=800)


def test_an_answer_of_a_hundred_megabytes_is_cut_off(hook, server):
    delivery = sent(queue(hook("flood")[0]))
    assert delivery.state == "delivered"
    assert "cut off after 64 KB" in delivery.excerpt
    assert len(delivery.excerpt) < 3000
    for _wait in range(100):
        if server.cut:
            break
        time.sleep(0.02)
    assert server.cut == ["/flood"]


def test_bytes_that_are_no_text_are_kept_as_far_as_they_can_be(hook):
    delivery = sent(queue(hook("binary")[0]))
    assert delivery.state == "delivered"
    assert "\0" not in delivery.excerpt


def test_a_redirect_that_keeps_the_post_is_followed(hook, server):
    assert sent(queue(hook("elsewhere")[0])).state == "delivered"
    assert [path for path, _headers, _text in server.requests] == ["/elsewhere", "/ok"]
    assert server.requests[0][2] == server.requests[1][2]


def test_a_name_that_answers_differently_a_moment_later_changes_nothing(hook, server, boss, monkeypatch):
    """DNS rebinding: public when it is checked, local afterwards. The second answer is never asked for."""
    asked = []

    def rebind(host, port):
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    monkeypatch.setattr(addresses, "resolve", rebind)
    real = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "192.0.2.1" or real(address))
    url = f"http://rebind.example:{server.server_port}/ok"
    endpoint, _secret = create_endpoint(values={"name": "x", "url": url}, actor=boss)
    delivery = sent(queue(endpoint))
    assert delivery.state == "queued"
    assert asked == ["rebind.example"]
    assert server.requests == []
    due()
    delivery = sent(delivery)
    assert "inside the network" in delivery.error
    assert server.requests == []


@pytest.mark.parametrize(("named", "words"), [("hooks.test", ""), ("other.test", "CERTIFICATE_VERIFY_FAILED")])
def test_over_tls_the_certificate_is_that_of_the_name_not_of_the_number(
    hook, boss, tmp_path, monkeypatch, named, words
):
    certificate = certificate_for(named, tmp_path)
    monkeypatch.setattr(wire, "_certificates", lambda: ssl.create_default_context(cafile=certificate[0]))
    endpoint, _secret = hook()
    with web_server(certificate) as server:
        url = f"https://hooks.test:{server.server_port}/ok"
        edit_endpoint(endpoint_id=endpoint.pk, values={"url": url}, actor=boss)
        delivery = sent(queue(endpoint))
    assert delivery.state == ("queued" if words else "delivered")
    assert words in delivery.error


def test_attempts_are_further_and_further_apart_and_end_in_the_list_of_failures(hook, server, boss):
    endpoint, _secret = hook("broken")
    delivery = queue(endpoint)
    waits = []
    for _attempt in range(Delivery.MAX_ATTEMPTS):
        sent(delivery)
        if delivery.next_try_at:
            waits.append((delivery.next_try_at - timezone.now()).total_seconds())
        due()
    assert delivery.state == "failed"
    assert waits == sorted(waits)
    assert len({headers["webhook-id"] for _path, headers, _text in server.requests}) == 1
    edit_endpoint(endpoint_id=endpoint.pk, values={"url": endpoint.url.replace("broken", "ok")}, actor=boss)
    redeliver(delivery_id=delivery.pk, actor=boss)
    assert sent(delivery).state == "delivered"


def test_an_endpoint_that_fails_is_spared_and_does_not_hold_others_up(hook, server):
    broken, works = hook("broken")[0], hook("ok")[0]
    many = [queue(broken, f"b{number}") for number in range(5)]
    fine = queue(works, "w")
    send_due_deliveries()
    fine.refresh_from_db()
    assert fine.state == "delivered"
    assert sum(path == "/broken" for path, _headers, _text in server.requests) == 1
    assert Delivery.objects.filter(pk__in=[each.pk for each in many], attempts=0).count() == 4


def test_a_killed_worker_sends_again_under_the_same_id(hook, server, monkeypatch):
    delivery = queue(hook()[0])

    class Killed(BaseException):
        pass

    def die(*args, **values):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_note", die)
        with pytest.raises(Killed):
            send_due_deliveries()
    assert send_due_deliveries() == 0
    Delivery.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    assert sent(delivery).state == "delivered"
    assert [headers["webhook-id"] for _path, headers, _text in server.requests] == [delivery.message_id] * 2
    assert server.requests[0][2] == server.requests[1][2]


def test_undo_stops_what_waits_and_says_what_had_arrived_h2(hook, boss):
    endpoint, _secret = hook()
    with changeset(RULE, "test.rule") as change:
        first = queue(endpoint, "1")
    sent(first)
    with changeset(RULE, "test.rule", id=change.id):
        second = queue(endpoint, "2")
    with changeset(boss, "test.undo"):
        stopped = stop_effects(change.id, boss)
    second.refresh_from_db()
    assert (second.state, stopped.count, stopped.gone) == ("cancelled", 1, ["1 webhook had been called"])


def test_who_may_not_and_what_cannot(hook, boss, rep, manager):
    endpoint, _secret = hook()
    with pytest.raises(WebhookEndpoint.DoesNotExist):
        queue_webhook(endpoint=endpoint, payload={}, key="1", actor=Actor.of(rep))
    with pytest.raises(Exception, match="no right"):
        create_endpoint(values={"name": "x", "url": "https://x.example/"}, actor=Actor.of(manager))
    with pytest.raises(Refused, match="256 KB"):
        queue(endpoint, text="x" * 300_000)
    delivery = queue(endpoint)
    cancel_delivery(delivery_id=delivery.pk, actor=boss)
    edit_endpoint(endpoint_id=endpoint.pk, values={"active": False}, actor=boss)
    for refused in (lambda: queue(endpoint, "2"), lambda: redeliver(delivery_id=delivery.pk, actor=boss)):
        with pytest.raises(Refused, match="switched off"):
            refused()


def test_old_deliveries_are_deleted_but_not_those_that_failed(hook):
    arrived, failed = sent(queue(hook()[0])), sent(queue(hook("gone")[0], "2"))
    Delivery.objects.update(finished_at=timezone.now() - dt.timedelta(days=31))
    assert clean_up() == 1
    assert list(Delivery.objects.all()) == [failed]
    assert arrived.pk != failed.pk


def test_pages_show_the_secret_once_the_log_and_the_answer(hook, server, client_of, admin):
    client = client_of(admin)
    bad = client.post("/settings/webhooks/", {"name": "x", "url": "http://10.0.0.1/", "active": "on"})
    assert bad.status_code == 422
    assert "inside the network" in bad.content.decode()
    url = f"http://hooks.test:{server.server_port}/ok"
    hook("ok")
    made = client.post("/settings/webhooks/", {"name": "ERP", "url": url, "active": "on"}).content.decode()
    assert "whsec_" in made
    endpoint = WebhookEndpoint.objects.get(name="ERP")
    path = f"/settings/webhooks/{endpoint.pk}/"
    assert client.post(f"{path}test/").status_code == 302
    send_due_deliveries()
    page = client.get(path).content.decode()
    assert "whsec_" not in page
    assert "Delivered" in page
    delivery = Delivery.objects.get()
    detail = client.get(f"/settings/webhooks/deliveries/{delivery.pk}/").content.decode()
    assert "thanks" in detail
    assert json.dumps("This is a test.")[1:-1] in detail
    assert "whsec_" in client.post(f"{path}rotate/").content.decode()
    assert client.post(f"{path}remove/").status_code == 302
    assert client.get(path).status_code == 404
