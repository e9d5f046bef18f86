"""What becomes of one stored value when its field's options or type change (C2)."""

import copy
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from .models import CustomField
from .types import FieldType, type_of

KEEP = object()


class Conversion:
    """A plan as `FieldJob.plan` holds it, applied value by value. A value that is right already is kept, so that a second
    pass changes nothing.
    """

    def __init__(self, field: CustomField, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        self.new: FieldType = type_of(field)
        before = copy.copy(field)
        before.type, before.options = plan.get("from", field.type), plan.get("options", field.options)
        if not isinstance(before.options, list):
            before.options = field.options
        self.old: FieldType = type_of(before)

    def convert(self, value: Any) -> Any:
        """Return the new value, None to clear it, KEEP to leave it as it is."""
        if self.plan.get("clear"):
            return None
        if "misfits" not in self.plan:
            return self._map(value)
        found = self._read(value)
        if found is not None:
            return KEEP if found == value else found
        return None if self.plan["misfits"] == "clear" else KEEP

    def fits(self, value: Any) -> bool:
        """Say whether a value is one of the new type or can be read as one."""
        return self._read(value) is not None

    def _read(self, value: Any) -> Any:
        # First as what it says: the key of an option is no text for people. Of one's own type it is right as it is.
        if self.new.key == self.old.key and self.new.fits(value):
            return value
        for words in self.old.readings(value):
            try:
                found = self.new.clean(words)
            except ValidationError:
                continue
            if found is not None:
                return found
        return value if self.new.fits(value) else None

    def _map(self, value: Any) -> Any:
        """Replace options: of several the rest stays, each once."""
        into: Mapping[str, str | None] = self.plan["options"]
        if not isinstance(value, list):
            return into[value] if isinstance(value, str) and value in into else KEEP
        if not any(key in into for key in value):
            return KEEP
        wanted = {into.get(key, key) for key in value} - {None}
        order = [each["key"] for each in self.new.field.options]
        return sorted(wanted, key=lambda key: order.index(key) if key in order else len(order)) or None
