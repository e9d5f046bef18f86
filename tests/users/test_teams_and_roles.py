"""Teams form a tree (U1); what a role may do is data (U2)."""

import pytest
from django.core.exceptions import PermissionDenied

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Role, Team, User
from crm.kernel.users.policies import DEFAULTS, FLAGS, KINDS, VERBS
from crm.kernel.users.services import create_role, create_team, delete_role, delete_team, edit_role, edit_team


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


def test_team_never_stands_below_itself(boss, teams):
    with pytest.raises(Refused) as refusal:
        edit_team(team_id=teams["sales"].pk, parent=teams["east"], actor=boss)
    assert "parent" in refusal.value.fields
    with pytest.raises(Refused):
        edit_team(team_id=teams["east"].pk, parent=teams["east"], actor=boss)


def test_names_are_free_beside_their_siblings_only(boss, teams):
    create_team(name="North", parent=teams["east"], actor=boss)
    create_team(name="North", parent=teams["west"], actor=boss)
    with pytest.raises(Refused):
        create_team(name="north", parent=teams["west"], actor=boss)


def test_only_empty_teams_go(boss, teams, rep):
    for name in ("sales", "east"):
        with pytest.raises(Refused):
            delete_team(team_id=teams[name].pk, actor=boss)
    delete_team(team_id=teams["west"].pk, actor=boss)
    assert not Team.objects.filter(name="West").exists()


def test_teams_belong_to_the_settings(manager, teams):
    with pytest.raises(PermissionDenied):
        edit_team(team_id=teams["east"].pk, name="X", actor=Actor.of(manager))


def test_manager_of_a_team_reaches_the_teams_below(boss, teams, manager, rep, mate, stranger):
    edit_team(team_id=teams["sales"].pk, manager=manager, actor=boss)
    manager = User.objects.select_related("role", "team").get(pk=manager.pk)
    scope = manager.scope("deal", "view")
    assert scope.covers(rep.pk) and scope.covers(stranger.pk)
    assert not rep.scope("deal", "view").covers(stranger.pk) and rep.scope("deal", "view").covers(mate.pk)


def test_defaults_are_those_of_the_rules():
    rep, manager, viewer = DEFAULTS["rep"], DEFAULTS["manager"], DEFAULTS["viewer"]
    assert rep["levels"]["deal"] == {"view": "team", "edit": "own", "delete": "own"}
    assert manager["levels"]["deal"]["edit"] == "team" and "date_back" in manager["flags"]
    assert viewer["levels"]["contact"] == {"view": "all", "edit": "none", "delete": "none"} and not viewer["flags"]
    assert "export" not in rep["flags"] and "bulk" in rep["flags"]
    assert {each["levels"]["company"]["view"] for each in DEFAULTS.values()} == {"all"}


@pytest.mark.parametrize(
    ("level", "verb", "owner", "unowned"),
    [
        ("none", "view", (False, False, False), False),
        ("own", "view", (True, False, False), True),
        ("own", "edit", (True, False, False), False),
        ("team", "view", (True, True, False), True),
        ("team", "edit", (True, True, False), True),
        ("all", "view", (True, True, True), True),
        ("all", "delete", (True, True, True), True),
    ],
)
def test_level_says_whose_records(rep, mate, stranger, level, verb, owner, unowned):
    rep.role.levels["contact"][verb] = level
    scope = rep.scope("contact", verb)
    assert (scope.covers(rep.pk), scope.covers(mate.pk), scope.covers(stranger.pk)) == owner
    assert scope.covers(None) is unowned


def test_role_can_be_added_changed_and_removed(boss, admin, rep):
    levels = {kind: dict.fromkeys(VERBS, "own") for kind in KINDS}
    role = create_role(name="Partner manager", levels=levels, flags=["export"], actor=boss)
    assert role.key == "partner-manager"
    levels["deal"]["view"] = "all"
    edit_role(role_id=role.pk, name="Partners", levels=levels, flags=[], actor=boss)
    role.refresh_from_db()
    assert (role.name, role.level("deal", "view"), role.flags) == ("Partners", "all", [])
    delete_role(role_id=role.pk, actor=boss)
    with pytest.raises(Refused):
        delete_role(role_id=rep.role_id, actor=boss)


def test_last_settings_right_stays(boss, admin):
    role = Role.objects.get(key="admin")
    with pytest.raises(Refused):
        edit_role(role_id=role.pk, name="Admin", levels=role.levels, flags=["export"], actor=boss)


@pytest.mark.parametrize(
    ("levels", "flags"),
    [({}, []), ({"contact": {"view": "all"}}, []), ("all", []), (None, ["fly"])],
)
def test_unknown_words_are_refused(boss, levels, flags):
    with pytest.raises(Refused):
        create_role(name="Odd", levels=DEFAULTS["rep"]["levels"] if levels is None else levels, flags=flags, actor=boss)


def test_matrix_page_shows_and_saves_every_level_and_right(client_of, admin):
    client = client_of(admin)
    page = client.get("/settings/roles/")
    assert page.status_code == 200 and len(page.context["matrix"]) == len(KINDS) * len(VERBS) + len(FLAGS)
    role = Role.objects.get(key="rep")
    values = {f"{kind}-{verb}": role.level(kind, verb) for kind in KINDS for verb in VERBS}
    response = client.post(
        f"/settings/roles/{role.pk}/", values | {"name": "Rep", "flags": ["bulk", "export"], "deal-view": "all"}
    )
    assert response.status_code == 302
    role.refresh_from_db()
    assert role.level("deal", "view") == "all" and set(role.flags) == {"bulk", "export"}
    assert client.post(f"/settings/roles/{role.pk}/", values | {"name": "", "deal-view": "x"}).status_code == 422
