"""What a service raises when it refuses. Views and the API turn these into 4xx answers; nothing has been written then."""

from typing import Any


class Refused(Exception):
    """A rule of the domain forbids the change; the message is shown to the person. `fields` maps a field to its words."""

    status = 422

    def __init__(self, message: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class MissingFields(Refused):
    """A stage demands values that the record does not have (P3). `missing` holds the field names in the stage's order."""

    def __init__(self, message: str, *, missing: list[str]) -> None:
        super().__init__(message)
        self.missing = missing


class Conflict(Refused):
    """Somebody else changed the same thing in between (P3, H2).

    `theirs` describes it: for a move `who`, `stage` and `at`; for fields, each name with `mine` and `theirs`.
    """

    status = 409

    def __init__(self, message: str, *, theirs: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.theirs = theirs or {}
