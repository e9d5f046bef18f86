"""Custom fields of every type on contacts."""

from collections.abc import Callable

import pytest

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField

OPTIONS = [
    {"key": "east", "label": "East", "retired": False},
    {"key": "west", "label": "West", "retired": False},
    {"key": "north", "label": "North", "retired": True},
]


@pytest.fixture
def make_field(workspace) -> Callable[..., CustomField]:
    """Return a function that adds a field as named maintenance would; `make_field("number", key="fleet")`."""

    def make(kind: str, record_kind: str = "contact", **values: object) -> CustomField:
        key = str(values.pop("key", kind))
        defaults = {"label": key.replace("_", " ").capitalize(), "position": CustomField.objects.count()}
        if kind in ("dropdown", "multi_select"):
            defaults["options"] = OPTIONS
        with changeset(Actor.system("test data"), "test.fields"):
            field = CustomField.objects.create(record_kind=record_kind, key=key, type=kind, **{**defaults, **values})
        forget()
        return field

    return make
