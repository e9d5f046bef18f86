"""Every kind of notification has a name in the settings, so that people can choose how to be told of it."""

import ast
from pathlib import Path

from crm.kernel.notifications.registry import OTHER, topics

ROOT = Path(__file__).resolve().parents[2]
APPS = ("crm", "contacts", "deals", "activities", "workflows")


def told() -> dict[str, str]:
    """Return the topics that the source names, each with a file: `Note(topic="…")`, and `Message(…, "…")` of activities."""
    found = {}
    for path in (file for app in APPS for file in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Note", "Message"):
                values = [each.value for each in node.keywords if each.arg == "topic"]
                values += node.args[2:3] if node.func.id == "Message" else []
                found |= {each.value: path.name for each in values if isinstance(each, ast.Constant)}
    return found


def test_every_topic_is_registered_with_a_label():
    known = {topic.key for topic in topics()} - {OTHER.key}
    missing = {key: file for key, file in told().items() if key not in known}
    assert not missing, "register_topic(Topic(key, label, icon)) in AppConfig.ready()"
    assert len(told()) > 6
    assert {"contact_assigned", "company_assigned"} <= known  # made of the kind of the record
