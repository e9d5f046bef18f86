"""Sending over real SMTP: once, under a stable Message-ID, tried again, stopped, and written on the timeline (E4, W3, H2)."""

import datetime as dt

import pytest
from django.utils import timezone

from activities.mail.models import MailBlock, OutgoingMail
from activities.mail.services import sending
from activities.mail.services.queue import queue_mail, queue_template_mail, queue_test_mail
from activities.mail.services.sending import send_due_mails
from activities.mail.services.steering import cancel_mail, retry_mail
from activities.models import Activity
from contacts.models import Contact
from contacts.services import edit_contact
from crm.kernel.audit.undo import undo
from crm.kernel.audit.words import undone_words
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User

from .smtp import mail_server

RULE = Actor.system("Welcome rule")


@pytest.fixture(scope="module")
def server():
    with mail_server() as box:
        yield box


@pytest.fixture
def box(server):
    server.messages.clear()
    server.answers.clear()
    server.once.clear()
    return server


def later(**delta):
    """Let everything that waits be due."""
    OutgoingMail.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now() - dt.timedelta(**delta))


def state(mail):
    mail.refresh_from_db()
    return mail.state


@pytest.fixture
def house(make_template, admin):
    return make_template(Actor.of(admin), shared=True, html="<p>Hi {{ contact.name }}</p>")


def test_a_mail_of_a_rule_goes_out_at_once_and_moves_no_clock_p8(box, house, maya, deal, rep):
    mail = queue_template_mail(template=house, contact=maya, deal=deal, actor=RULE, key="run:1")
    assert send_due_mails() == 1
    (got,) = box.messages
    assert got["Message-ID"] == mail.message_id
    assert got["To"] == "Maya Lindqvist <maya@nordhavn.example>"
    assert rep.name in got["From"]
    assert rep.email in got["Reply-To"]
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_body(("plain",)).get_content().strip() == "Hi Maya Lindqvist"
    assert "<p>Hi Maya Lindqvist</p>" in got.get_body(("html",)).get_content()
    assert state(mail) == "sent"
    line = Activity.objects.get(type="email")
    assert (line.direction, line.deal, line.user, mail.activity) == ("out", deal, None, line)
    assert line.contact_links.get().contact == maya
    assert line.data["by"] == "Welcome rule"
    deal.refresh_from_db()
    assert deal.last_activity_at is None
    assert send_due_mails() == 0


def test_a_persons_mail_waits_for_second_thoughts_then_moves_the_clocks(box, template, maya, deal, as_rep, rep):
    mail = queue_template_mail(template=template, contact=maya, deal=deal, actor=as_rep, key="k")
    assert send_due_mails() == 0
    later(seconds=0)
    assert send_due_mails() == 1
    assert state(mail) == "sent"
    assert Activity.objects.get(type="email").user == rep
    deal.refresh_from_db()
    assert deal.last_activity_at is not None


def test_undo_stops_a_mail_that_waits_and_redo_sends_it_h2(box, template, maya, as_rep):
    mail = queue_template_mail(template=template, contact=maya, actor=as_rep, key="k")
    undone = undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert state(mail) == "cancelled"
    later(seconds=0)
    assert send_due_mails() == 0
    undo(changeset_id=undone.changeset_id, actor=as_rep)
    assert state(mail) == "queued"
    assert send_due_mails() == 1


def test_undo_says_what_had_gone_out_h2(box, house, template, maya, as_rep):
    with changeset(as_rep, "test.both") as change:
        first = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
        second = queue_template_mail(template=template, contact=maya, actor=as_rep, key="2")
    OutgoingMail.objects.filter(pk=first.pk).update(next_try_at=timezone.now())
    assert send_due_mails() == 1
    result = undo(changeset_id=change.id, actor=as_rep)
    assert (state(first), state(second)) == ("sent", "cancelled")
    assert "1 e-mail had gone out" in undone_words(change.id, result)


@pytest.mark.parametrize("killed_at", ["before the server", "after the server"])
def test_a_killed_worker_loses_nothing_and_a_double_has_the_same_message_id(box, house, maya, monkeypatch, killed_at):
    """The kill between the server's "taken" and our commit is the one that may send twice (W3)."""
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="k")

    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_send" if killed_at == "before the server" else "_sent", die)
        with pytest.raises(Killed):
            send_due_mails()
    assert state(mail) == "sending"
    assert send_due_mails() == 0  # the lease still holds
    OutgoingMail.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    assert send_due_mails() == 1
    assert state(mail) == "sent"
    assert {each["Message-ID"] for each in box.messages} == {mail.message_id}
    assert len(box.messages) == (1 if killed_at == "before the server" else 2)
    assert Activity.objects.filter(type="email").count() == 1


def test_a_no_for_now_is_tried_again_with_pauses_and_given_up_at_last(box, house, maya):
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="k")
    waits = []
    for _attempt in range(OutgoingMail.MAX_ATTEMPTS):
        box.once.append("451 try later")
        assert send_due_mails() == 1
        mail.refresh_from_db()
        if mail.next_try_at:
            waits.append((mail.next_try_at - timezone.now()).total_seconds())
        later(seconds=1)
    assert mail.state == "failed"
    assert "451" in mail.error
    assert waits == sorted(waits)
    assert round(waits[0]) == 60
    retry_mail(mail_id=mail.pk, actor=RULE)
    assert send_due_mails() == 1
    assert state(mail) == "sent"


def test_an_address_that_does_not_exist_is_blocked_for_everybody_e5(box, house, template, maya, as_rep):
    box.answers[maya.primary_email] = "550 5.1.1 no such user"
    waiting = queue_template_mail(template=template, contact=maya, actor=as_rep, key="2")
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    send_due_mails()
    assert (state(mail), state(waiting)) == ("failed", "suppressed")
    assert MailBlock.objects.get().reason == "bounced"
    with pytest.raises(Refused, match="came back"):
        retry_mail(mail_id=mail.pk, actor=as_rep)


@pytest.mark.parametrize(("answer", "after"), [("550 5.7.1 policy", "failed"), ("452 full", "queued")])
def test_a_refusal_for_another_reason_blocks_no_address(box, house, maya, answer, after):
    box.answers[maya.primary_email] = answer
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    send_due_mails()
    assert state(mail) == after
    assert not MailBlock.objects.exists()


def test_a_server_that_is_down_loses_nothing(house, maya, settings):
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 1}}}
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    assert send_due_mails() == 1
    assert state(mail) == "queued"
    assert mail.error


def test_what_was_forbidden_meanwhile_is_not_sent_e5(box, house, maya, as_rep):
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    edit_contact(contact_id=maya.pk, values={"do_not_email": True}, actor=as_rep)
    send_due_mails()
    assert (state(mail), mail.reason, box.messages) == ("suppressed", "do_not_email", [])


def test_a_mail_that_waits_can_be_stopped_by_those_who_may(box, house, maya, as_rep, stranger):
    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    with pytest.raises(OutgoingMail.DoesNotExist):
        cancel_mail(mail_id=mail.pk, actor=Actor.of(stranger))
    cancel_mail(mail_id=mail.pk, actor=as_rep)
    assert send_due_mails() == 0
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert send_due_mails() == 1
    with pytest.raises(Refused, match="late"):
        cancel_mail(mail_id=mail.pk, actor=as_rep)


def test_marketing_carries_the_headers_of_rfc_8058_and_a_link(box, make_template, maya, admin):
    template = make_template(Actor.of(admin), shared=True, marketing=True, html="<p>News</p>")
    queue_template_mail(template=template, contact=maya, actor=RULE, key="1")
    send_due_mails()
    (got,) = box.messages
    link = got["List-Unsubscribe"].strip("<>")
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/mail/unsubscribe/" in link
    assert link in got.get_body(("plain",)).get_content()
    assert link in got.get_body(("html",)).get_content()
    assert link not in Activity.objects.get(type="email").body  # colleagues must not unsubscribe the reader by a click


def test_a_test_mail_goes_to_oneself_and_onto_no_timeline(box, template, maya, as_rep, rep):
    from activities.mail.fields import Letter

    template.text = "{{ deal.title }}, {{ contact.first_name }}"
    queue_test_mail(template=template, letter=Letter(maya, None, rep, as_rep), actor=as_rep)
    later(seconds=0)
    send_due_mails()
    (got,) = box.messages
    assert rep.email in got["To"]
    assert "Maya" in got["Subject"]
    assert "[Deal: Title], Maya" in got.get_body(("plain",)).get_content()  # a hole is marked
    assert not Activity.objects.filter(type="email").exists()


def test_two_workers_send_each_mail_once(box, house, maya, as_rep):
    for number in range(5):
        queue_mail(contact=maya, subject=f"{number}", text="x", actor=RULE, key=f"{number}")
    claimed = [sending._claim() for _worker in range(3)]
    assert len({mail.pk for mail in claimed}) == 3
    assert send_due_mails() == 2
    assert sorted(got["Subject"] for got in box.messages) == ["3", "4"]


def test_what_remains_after_a_person_is_erased_is_no_text_of_theirs(box, house, maya, admin):
    from contacts.services.personal import erase_person

    mail = queue_template_mail(template=house, contact=maya, actor=RULE, key="1")
    send_due_mails()
    erase_person(contact_id=maya.pk, actor=Actor.of(admin), confirm=maya.name)
    mail.refresh_from_db()
    assert "Maya" not in f"{mail.subject}{mail.text}{mail.html}{mail.to_name}{mail.to_address}"
    assert Contact.objects.filter(pk=maya.pk).exists()
    assert User.objects.exists()
