"""Invitations: a link that works once, for 7 days (U1)."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.timezone import now

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Invitation, Role, User
from crm.kernel.users.services import (
    accept_invitation,
    cancel_invitation,
    invite_person,
    person_invited,
    renew_invitation,
)

PASSWORD = "harbour lantern 42"


@pytest.fixture
def invite(admin, teams):
    def call(**values):
        defaults = {"email": "Lena@Test.example", "name": "Lena Fischer", "role": Role.objects.get(key="rep")}
        return invite_person(**{**defaults, **values}, actor=Actor.of(admin))

    return call


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def test_invited_person_cannot_log_in_before_accepting(invite):
    person, _link = invite()
    assert (person.email, person.state, person.is_active) == ("lena@test.example", "invited", False)
    assert not person.has_usable_password()


def test_invitation_is_mailed_after_the_commit_with_the_link(invite, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        _person, link = invite()
    (sent,) = mail.outbox
    assert sent.to == ["lena@test.example"] and "Brightwater" in sent.subject
    assert link in sent.body and link in sent.alternatives[0][0]


def test_only_the_hash_of_the_token_is_stored(invite):
    _person, link = invite()
    assert token_of(link) not in str(Invitation.objects.values().get())


def test_accepting_sets_name_and_password_and_works_once(invite):
    _person, link = invite()
    client = Client()
    path = "/" + link.split("/", 3)[3]
    assert client.get(path).status_code == 200
    response = client.post(path, {"name": "Lena F.", "password": PASSWORD, "timezone": "Europe/Berlin"})
    assert response.status_code == 302
    person = User.objects.get(email="lena@test.example")
    assert (person.state, person.name, person.timezone) == ("active", "Lena F.", "Europe/Berlin")
    assert person.check_password(PASSWORD) and client.session["_auth_user_id"] == str(person.pk)
    assert Client().get(path).status_code == 410
    with pytest.raises(Refused):
        accept_invitation(token=token_of(link), name="x", password=PASSWORD, actor=Actor.of(person))


def test_link_ends_after_seven_days(invite, time_machine):
    _person, link = invite()
    sent = now()
    time_machine.move_to(sent + dt.timedelta(days=6, hours=23))
    assert person_invited(token_of(link)) is not None
    time_machine.move_to(sent + dt.timedelta(days=7, hours=1))
    assert person_invited(token_of(link)) is None


def test_a_new_link_ends_the_old_one(invite, admin):
    person, old = invite()
    _person, new = renew_invitation(person_id=person.pk, actor=Actor.of(admin))
    assert person_invited(token_of(old)) is None
    assert person_invited(token_of(new)) == person


def test_cancelling_ends_the_link(invite, admin):
    person, link = invite()
    cancel_invitation(person_id=person.pk, actor=Actor.of(admin))
    assert person_invited(token_of(link)) is None
    person.refresh_from_db()
    assert person.state == "without_login"


def test_known_address_is_refused_beside_the_field(invite, rep):
    with pytest.raises(Refused) as refusal:
        invite(email=rep.email.upper())
    assert "email" in refusal.value.fields


def test_somebody_without_login_is_invited_to_come_back(invite, teams):
    from tests.conftest import make_user

    imported = make_user("lena@test.example", "L. Fischer", "rep", state="without_login")
    person, _link = invite()
    assert person.pk == imported.pk and person.state == "invited"


def test_only_who_may_change_settings_invites(manager):
    with pytest.raises(PermissionDenied):
        invite_person(email="a@b.example", name="A", role=Role.objects.get(key="rep"), actor=Actor.of(manager))


def test_page_answers_with_the_link_for_copying(client_of, admin):
    client = client_of(admin)
    role = Role.objects.get(key="viewer")
    response = client.post("/settings/people/invite/", {"email": "n@test.example", "name": "New", "role": role.pk})
    assert response.status_code == 200
    assert re.search(rb"/invitation/[\w-]+/", response.content)


@pytest.mark.parametrize("email", ["", "x", "a\x00@b.example", "x" * 300 + "@b.example"])
def test_bad_addresses_are_refused_on_the_page(client_of, admin, email, database_diff):
    client = client_of(admin)
    with database_diff() as diff:
        response = client.post("/settings/people/invite/", {"email": email, "name": "New", "role": "rep"})
    assert response.status_code == 422 and diff.empty
