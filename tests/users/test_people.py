"""People: details, role, profile, absences, login (U1, U2)."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Absence, Role, User
from crm.kernel.users.services import (
    add_absence,
    change_role,
    edit_person,
    edit_profile,
    remove_absence,
    set_theme,
)
from tests.conftest import PASSWORD


def test_login_is_by_email_in_any_case(rep):
    client = Client()
    response = client.post("/login/", {"login": "Rep.East@Test.example", "password": PASSWORD})
    assert response.status_code == 302 and client.session["_auth_user_id"] == str(rep.pk)


@pytest.mark.parametrize("state", ["invited", "without_login"])
def test_who_is_not_active_cannot_log_in(rep, state):
    with changeset(Actor.system("test"), "test.state"):
        User.objects.filter(pk=rep.pk).update(state=state)
    client = Client()
    client.post("/login/", {"login": rep.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_wrong_password_is_refused_and_limited(rep):
    client = Client()
    statuses = [client.post("/login/", {"login": rep.email, "password": "wrong"}).status_code for _ in range(7)]
    assert set(statuses[:5]) <= {200, 422}
    assert client.post("/login/", {"login": rep.email, "password": PASSWORD}).status_code != 302


def test_emails_are_stored_in_lower_case_whatever_the_door(rep):
    with pytest.raises(IntegrityError), transaction.atomic(), changeset(Actor.system("test"), "test.email"):
        User.objects.filter(pk=rep.pk).update(email="UPPER@test.example")


def test_there_is_always_somebody_who_may_change_the_settings(admin):
    actor = Actor.of(admin)
    with pytest.raises(Refused):
        change_role(person_id=admin.pk, role=Role.objects.get(key="rep"), actor=actor)
    admin.refresh_from_db()
    assert admin.role.key == "admin"


def test_a_second_admin_lets_the_first_one_go(admin, rep):
    actor = Actor.of(admin)
    change_role(person_id=rep.pk, role=Role.objects.get(key="admin"), actor=actor)
    change_role(person_id=admin.pk, role=Role.objects.get(key="rep"), actor=actor)
    assert User.objects.get(pk=admin.pk).role.key == "rep"


def test_only_settings_people_edit_others(manager, rep):
    with pytest.raises(PermissionDenied):
        edit_person(person_id=rep.pk, name="X", actor=Actor.of(manager))


def test_email_of_somebody_else_is_refused(admin, rep, mate):
    with pytest.raises(Refused) as refusal:
        edit_person(person_id=rep.pk, email=mate.email.upper(), actor=Actor.of(admin))
    assert "email" in refusal.value.fields


def test_who_logs_in_keeps_an_email(admin, rep):
    with pytest.raises(Refused):
        edit_person(person_id=rep.pk, email="", actor=Actor.of(admin))


def test_profile_changes_only_ones_own_person_and_only_own_fields(rep, mate):
    edit_profile(person_id=rep.pk, name="Priya R.", timezone="Asia/Tokyo", role=None, actor=Actor.of(rep))
    rep.refresh_from_db()
    assert (rep.name, rep.timezone, rep.role.key) == ("Priya R.", "Asia/Tokyo", "rep")
    with pytest.raises(PermissionDenied):
        edit_profile(person_id=mate.pk, name="X", actor=Actor.of(rep))


def test_nobody_stands_in_for_themself(rep):
    with pytest.raises(Refused):
        edit_profile(person_id=rep.pk, delegate=rep, actor=Actor.of(rep))


def test_theme_is_one_of_three(rep):
    assert set_theme(person_id=rep.pk, theme="dark", actor=Actor.of(rep)).theme == "dark"
    with pytest.raises(Refused):
        set_theme(person_id=rep.pk, theme="pink", actor=Actor.of(rep))


def test_theme_of_the_menu_is_shown_at_once(client_of, rep):
    client = client_of(rep)
    assert client.post("/profile/theme/", {"theme": "dark"}, headers={"HX-Request": "true"}).status_code == 204
    assert b'data-theme="dark"' in client.get("/profile/").content
    assert client.post("/profile/theme/", {"theme": "pink"}).status_code == 422


def test_absences_are_ones_own(rep, mate, admin):
    day = dt.date(2026, 12, 21)
    mine = add_absence(person_id=rep.pk, starts_on=day, ends_on=day, actor=Actor.of(rep))
    with pytest.raises(PermissionDenied):
        add_absence(person_id=mate.pk, starts_on=day, ends_on=day, actor=Actor.of(rep))
    with pytest.raises(Absence.DoesNotExist):
        remove_absence(absence_id=mine.pk, actor=Actor.of(mate))
    remove_absence(absence_id=mine.pk, actor=Actor.of(admin))
    with pytest.raises(Refused):
        add_absence(person_id=rep.pk, starts_on=day, ends_on=day - dt.timedelta(days=1), actor=Actor.of(rep))


def test_profile_page_keeps_what_was_typed(client_of, rep):
    values = {"name": "x" * 300, "timezone": "Mars", "locale": "en", "theme": "auto"}
    response = client_of(rep).post("/profile/", values)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "timezone"}
    assert b"x" * 300 in response.content


def test_role_is_changed_from_the_list_with_undo(client_of, admin, rep):
    client = client_of(admin)
    client.post(f"/settings/people/{rep.pk}/role/", {"role": "manager"})
    assert User.objects.get(pk=rep.pk).role.key == "manager"
    page = client.get("/settings/people/").content.decode()
    url = page.split("undo&quot;: &quot;")[1].split("&quot;")[0]
    client.post(url)
    assert User.objects.get(pk=rep.pk).role.key == "rep"


@pytest.mark.parametrize("role", ["", "nonsense", "ad\x00min"])
def test_unknown_role_changes_nothing(client_of, admin, rep, role):
    assert client_of(admin).post(f"/settings/people/{rep.pk}/role/", {"role": role}).status_code == 302
    assert User.objects.get(pk=rep.pk).role.key == "rep"
