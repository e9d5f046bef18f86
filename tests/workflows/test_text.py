"""Rules as text: out and in again the same, hostile files refused with line and reason; the commands (W1)."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from activities.mail.services.templates import create_template
from crm.kernel.core.changes import Actor
from workflows.models import Rule
from workflows.yamls import BadText, export_rules, import_rules, parse

from .conftest import document

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("rules:\n- name: A\n  trigger: {kind: x\n", 4, "expected"),
        ("rules:\n- name: A\n  name: B\n", 3, "twice"),
        ("rules:\n- &a {name: A}\n- *a\n", 2, "aliases"),
        ("rules:\n- name: !!python/object/apply:os.system [ls]\n", 2, "Tags"),
        ("rules:\n- name: !!binary aGk=\n", 2, "Tags"),
        ("rules:\n- name: A\n  rate_per_hour: 2026-02-30\n", 3, "day"),
        ("rules:\n- name: A\n  script: rm\n", 2, "has no “script”"),
        ("rules:\n- trigger: {}\n", 2, "has a name"),
        ("rules: " + "[" * 60 + "]" * 60, 1, "deeply"),
        ("- 1\n", 1, "list “rules”"),
        ("rules: []\n", 1, "no rules"),
        ("rules:\n- {<<: {name: A}}\n", 2, "word"),
        ("rules:\n- name: a\x00b\n", 2, "character"),
        ('rules:\n- name: "\\uD800"\n', 2, "cannot be stored"),
        (
            "rules:\n- name: A\n- name: B\n  conditions: {field: amount, operator: gt, value: .nan}\n",
            3,
            "cannot be stored",
        ),
        ("x" * 600_000, None, "too long"),
    ],
)
def test_hostile_and_broken_text_is_refused_with_line_and_reason(db, text, line, reason):
    with pytest.raises(BadText, match=reason) as error:
        parse(text)
    assert error.value.line == line
    assert not Rule.objects.exists()


def test_out_and_in_again_is_the_same_with_names_for_ids(publish, manager, rep, stage, teams, tmp_path, capsys):
    values = {"name": "Welcome", "subject": "Hello", "text": "Hello", "shared": True}
    template = create_template(values=values, actor=Actor.of(manager))
    rule = publish(
        "deal.stage_changed",
        {"action": "assign", "options": {"method": "weighted", "people": [str(rep.pk)], "weights": {str(rep.pk): 2}}},
        {"action": "notify", "options": {"who": ["team"], "team": str(teams["east"].pk), "text": "{title}"}},
        {"action": "send_email", "options": {"template": str(template.pk)}},
        options={"to_stage": [str(stage("Proposal").pk)]},
        conditions={
            "all": [
                {"field": "amount", "operator": "gt", "value": 5},
                {"any": [{"field": "owner", "operator": "is", "value": str(rep.pk)}]},
                {"field": "stage", "operator": "is", "value": [str(stage("Proposal").pk)]},
            ]
        },
        name="Big",
    )
    text = export_rules([rule])
    assert "Proposal" in text and rep.email in text and "East" in text and str(rep.pk) not in text
    assert "template: Welcome" in text and not re.search("[0-9a-f]{8}-", text)
    (read,) = parse(text)
    import_rules(text=text.replace("name: Big", "name: Copy"), actor=Actor.of(manager))
    assert Rule.objects.get(name="Copy").latest.document["conditions"] == rule.current.document["conditions"]
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    call_command("rules", "check")
    call_command("rules", "check", str(path), "--as", manager.email)
    call_command("rules", "import", str(path), "--as", manager.email, "--publish")
    call_command("rules", "test", "Big", "--days", "3")
    call_command("rules", "export", "Copy", "--to", str(tmp_path / "out.yaml"))
    out = capsys.readouterr().out
    assert "All rules can work." in out and "published: Big" in out and "nothing was written" in out
    (again,) = parse((tmp_path / "out.yaml").read_text())
    assert again.document == read.document


def test_check_ends_with_an_error_and_says_what_is_wrong(manager, tmp_path, capsys):
    path = tmp_path / "bad.yaml"
    path.write_text("rules:\n- name: Bad\n  trigger: {kind: deal.created}\n  steps:\n  - {action: dance}\n")
    with pytest.raises(CommandError, match="1 rules cannot work"):
        call_command("rules", "check", str(path), "--as", manager.email)
    assert "bad.yaml:2: Bad: Step 1: There is no action “dance”." in capsys.readouterr().out
    with pytest.raises(CommandError, match="nobody"):
        call_command("rules", "import", str(path), "--as", "x@y.example")
    assert document("deal.created")["steps"]


TEXT = """rules:
- name: Big
  trigger: {kind: deal.created}
  conditions: {all: [{field: amount, operator: gt, value: 9}]}
  steps: [{action: create_task, options: {title: Call}}]
- name: Fresh
  trigger: {kind: deal.won}
  steps: [{action: dance}]
"""


def test_rules_are_looked_at_and_taken_in_from_a_box_or_a_file(client_of, manager, admin, publish, database_diff):
    rule, client = publish("deal.created", name="big"), client_of(manager)
    shown = client.get(f"/workflows/{rule.pk}/text/").content.decode()
    assert "name: big" in shown and "kind: deal.created" in shown and "?download" in shown
    sent = client.get("/workflows/text/?download")
    assert sent.headers["Content-Disposition"] == 'attachment; filename="rules.yaml"' and parse(sent.content.decode())
    with database_diff() as diff:
        page = client.post("/workflows/import/", {"text": TEXT, "do": "check"}).content.decode()
        for text, said in (("", "Paste rules"), ("rules:\n- {name: A, name: B}\n", "Line 2: “name” stands here twice")):
            refused = client.post("/workflows/import/", {"text": text, "do": "import"})
            again = refused.content.decode()
            assert refused.status_code == 422 and said in again and text.strip("\n") in again.replace("&#x27;", "'")
        file = SimpleUploadedFile("rules.yaml", b"\xff\xfe")
        refused = client.post("/workflows/import/", {"text": TEXT, "file": file, "do": "check"})
        assert refused.status_code == 422 and "no text in UTF-8" in refused.content.decode()
        assert "name: Fresh" in refused.content.decode()  # what was typed is still there
    assert diff.empty
    assert "new draft" in page and "new rule" in page and "Amount is more than 9" in page and "dance" in page
    assert "Import 2 as drafts" in page
    file = SimpleUploadedFile("rules.yaml", TEXT.encode())
    assert client.post("/workflows/import/", {"file": file, "do": "import"}).status_code == 302
    rule.refresh_from_db()
    assert (
        rule.draft.document["conditions"] and rule.state == "live" and Rule.objects.get(name="Fresh").state == "draft"
    )
    assert "no change" in client.post("/workflows/import/", {"text": TEXT, "do": "check"}).content.decode()


def test_all_rules_of_a_text_or_none(client_of, manager, admin, publish, database_diff):
    publish("deal.created", name="Fresh", owner=admin)
    mine, theirs, twice = client_of(manager), client_of(admin), TEXT + TEXT.split("\n", 1)[1]
    with database_diff() as diff:
        page = mine.post("/workflows/import/", {"text": TEXT, "do": "import"})
        assert page.status_code == 422 and "you may not change" in page.content.decode()
        page = theirs.post("/workflows/import/", {"text": twice, "do": "import"})
        assert page.status_code == 422 and "two rules of this name" in page.content.decode()
    assert diff.empty
    with database_diff() as diff, pytest.raises(PermissionDenied):
        import_rules(text=TEXT, actor=Actor.of(manager))
    assert diff.empty
