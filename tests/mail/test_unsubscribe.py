"""Unsubscribing by link (E5, RFC 8058): a GET changes nothing, one POST is enough, and every sender honours it."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from activities.mail.models import MailBlock
from activities.mail.services.queue import queue_template_mail, unsubscribe_link
from activities.models import Activity
from contacts.services.personal import erase_person
from crm.kernel.core.changes import Actor


@pytest.fixture
def mail(make_template, maya, admin):
    template = make_template(Actor.of(admin), shared=True, marketing=True)
    return queue_template_mail(template=template, contact=maya, actor=Actor.system("News"), key="1")


def address(mail):
    return urlsplit(unsubscribe_link(mail.pk)).path


def test_looking_changes_nothing_and_one_click_unsubscribes(mail, maya, template, as_rep):
    strange = Client(enforce_csrf_checks=True)
    page = strange.get(address(mail)).content.decode()
    assert maya.primary_email not in page
    assert "m•••@nordhavn.example" in page
    assert not MailBlock.objects.exists()
    assert strange.post(address(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200
    maya.refresh_from_db()
    assert maya.do_not_email
    assert MailBlock.objects.get().reason == "unsubscribed"
    assert Activity.objects.filter(system="unsubscribed", contact_links__contact=maya).count() == 1
    mail.refresh_from_db()
    assert mail.state == "suppressed"  # what was still waiting
    assert queue_template_mail(template=template, contact=maya, actor=as_rep, key="2").state == "suppressed"
    strange.post(address(mail))
    assert Activity.objects.filter(system="unsubscribed").count() == 1


def test_the_reader_can_take_it_back(mail, maya, template, as_rep):
    strange = Client()
    strange.post(address(mail))
    strange.post(address(mail), {"again": "1"})
    maya.refresh_from_db()
    assert not maya.do_not_email
    assert not MailBlock.objects.exists()
    assert queue_template_mail(template=template, contact=maya, actor=as_rep, key="2").state == "queued"


@pytest.mark.parametrize("token", ["x", "x:y", "00000000000000000000000000000000:zzz"])
def test_a_forged_link_does_nothing(db, workspace, admin, token):
    assert Client().post(f"/mail/unsubscribe/{token}/").status_code == 404
    assert not MailBlock.objects.exists()


def test_who_unsubscribed_stays_so_after_being_erased_h1(mail, maya, admin):
    Client().post(address(mail))
    erase_person(contact_id=maya.pk, actor=Actor.of(admin), confirm=maya.name)
    block = MailBlock.objects.get()
    assert "nordhavn" not in block.address
    assert MailBlock.objects.of("maya@nordhavn.example").exists()
