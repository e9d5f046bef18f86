"""Rules as text: out and in again the same, hostile files refused with line and reason; the commands (W1)."""

import pytest
from django.core.management import CommandError, call_command

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
        ("rules:\n- name: !!python/object/apply:os.system [ls]\n", 2, "could not determine"),
        ("rules:\n- name: A\n  script: rm\n", 2, "has no “script”"),
        ("rules:\n- trigger: {}\n", 2, "has a name"),
        ("rules: " + "[" * 60 + "]" * 60, 1, "deeply"),
        ("- 1\n", 1, "list “rules”"),
        ("rules:\n- {<<: {name: A}}\n", 2, "word"),
        ("\x00", None, "valid YAML"),
        ("x" * 600_000, None, "too long"),
    ],
)
def test_hostile_and_broken_text_is_refused_with_line_and_reason(db, text, line, reason):
    with pytest.raises(BadText, match=reason) as error:
        parse(text)
    assert error.value.line == line
    assert not Rule.objects.exists()


def test_out_and_in_again_is_the_same_with_names_for_ids(publish, manager, rep, stage, teams, tmp_path, capsys):
    rule = publish(
        "deal.stage_changed",
        {"action": "assign", "options": {"method": "weighted", "people": [str(rep.pk)], "weights": {str(rep.pk): 2}}},
        {"action": "notify", "options": {"who": ["team"], "team": str(teams["east"].pk), "text": "{title}"}},
        options={"to_stage": [str(stage("Proposal").pk)]},
        conditions={"all": [{"field": "amount", "operator": "gt", "value": 5}]},
        name="Big",
    )
    text = export_rules([rule])
    assert "Proposal" in text and rep.email in text and "East" in text and str(rep.pk) not in text
    (read,) = parse(text)
    import_rules(text=text.replace("name: Big", "name: Copy"), actor=Actor.of(manager))
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
