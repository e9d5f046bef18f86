"""The first start of an installation (U6)."""

import pytest
from django.test import Client

from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User
from crm.kernel.users.services import set_up
from crm.kernel.users.services.setup import forget_installed
from crm.kernel.workspace.models import Workspace

VALUES = {
    "workspace": "Brightwater",
    "base_currency": "EUR",
    "timezone": "Europe/Copenhagen",
    "name": "Dana Whitlock",
    "email": "Dana@Test.example",
    "password": "correct horse battery",
}


@pytest.fixture(autouse=True)
def _empty(seeds):
    forget_installed()
    yield
    forget_installed()


def test_every_page_of_an_empty_installation_leads_to_the_set_up(client):
    for path in ("/", "/login/", "/contacts/", "/settings/people/", "/nowhere/"):
        response = client.get(path)
        assert (response.status_code, response.headers["Location"]) == (302, "/setup/"), path
    assert client.get("/setup/").status_code == 200


def test_set_up_makes_the_workspace_and_its_first_admin_and_logs_them_in(client):
    response = client.post("/setup/", VALUES)
    assert response.status_code == 302
    workspace, person = Workspace.objects.get(), User.objects.select_related("role").get()
    assert (workspace.name, workspace.base_currency, workspace.timezone) == ("Brightwater", "EUR", "Europe/Copenhagen")
    assert (person.email, person.role.key, person.state, person.timezone) == (
        "dana@test.example",
        "admin",
        "active",
        "Europe/Copenhagen",
    )
    assert client.session["_auth_user_id"] == str(person.pk)
    assert ChangeSet.objects.filter(command="users.set_up", actor_kind="system").exists()


def test_the_set_up_is_closed_once_somebody_can_log_in(rep, client, database_diff):
    with database_diff() as diff:
        assert client.get("/setup/").headers["Location"] == "/"
        assert client.post("/setup/", VALUES).headers["Location"] == "/"
    assert diff.empty
    with pytest.raises(Refused):
        set_up(actor=Actor.system("set-up"), **VALUES)


def test_people_without_login_do_not_count_as_set_up(teams, client):
    from tests.conftest import make_user

    make_user("imported@test.example", "Imported", "rep", state="without_login")
    assert client.get("/").headers["Location"] == "/setup/"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspace", ""),
        ("workspace", "x" * 300),
        ("workspace", "A\x00B"),
        ("base_currency", "XXXX"),
        ("timezone", "Moon/Base"),
        ("email", "nobody"),
        ("password", "short"),
        ("password", "dana whitlock"),
        ("password", "password123"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_what_was_typed_is_kept(client, field, value, database_diff):
    with database_diff() as diff:
        response = client.post("/setup/", VALUES | {field: value})
    assert response.status_code == 422 and diff.empty
    assert field in response.context["form"].errors
    if field not in ("workspace", "password"):
        assert b"Brightwater" in response.content


def test_no_query_is_spent_once_the_answer_is_known(rep, django_assert_num_queries):
    client = Client()
    client.get("/login/")
    with django_assert_num_queries(0):
        client.get("/login/")
