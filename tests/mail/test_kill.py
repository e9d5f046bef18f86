"""A worker is killed (-9) after the mail server took the mail and before the commit: the worst moment there is (W3)."""

import datetime as dt
import multiprocessing
import os
import signal

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from activities.mail.models import OutgoingMail
from activities.mail.services.queue import queue_mail
from activities.mail.services.sending import send_due_mails
from activities.models import Activity
from contacts.services import create_contact
from crm.kernel.core.changes import Actor

from .smtp import Box, mail_server

pytestmark = pytest.mark.django_db(transaction=True)
fork = multiprocessing.get_context("fork")


def work(pipe) -> None:
    """Be a worker: send what is due to the server on the port that is told."""
    settings.MAILERS = pipe.recv()
    send_due_mails()


def test_the_mail_comes_again_under_the_same_message_id_and_stands_once_on_the_timeline(rep, monkeypatch):
    actor = Actor.of(rep)
    maya = create_contact(values={"first_name": "Maya", "emails": ["m@x.example"], "owner_id": rep.pk}, actor=actor)
    mail = queue_mail(contact=maya, subject="Hello", text="Hi", actor=Actor.system("Rule"), key="kill")
    connection.close()
    connection.close_pool()
    ours, theirs = fork.Pipe()
    worker = fork.Process(target=work, args=(theirs,))  # forked before the server starts its thread
    worker.start()
    taken = Box.handle_DATA

    async def kill_when_taken(box, server, session, envelope):
        answer = await taken(box, server, session, envelope)
        if len(box.messages) == 1:
            os.kill(worker.pid, signal.SIGKILL)
        return answer

    monkeypatch.setattr(Box, "handle_DATA", kill_when_taken)
    with mail_server() as box:
        ours.send(settings.MAILERS)
        worker.join(30)
        assert worker.exitcode == -signal.SIGKILL
        mail.refresh_from_db()
        assert (mail.state, mail.sent_at) == ("sending", None)
        assert send_due_mails() == 0
        OutgoingMail.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
        assert send_due_mails() == 1
    mail.refresh_from_db()
    assert mail.state == "sent"
    assert [got["Message-ID"] for got in box.messages] == [mail.message_id] * 2
    assert Activity.objects.filter(type="email").count() == 1
