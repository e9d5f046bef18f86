"""What is wrong with a rule, each with the place in its document and words for a person (W1)."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `where` is `name`, `trigger.<option>`, `conditions.2.1` or `steps.3.<option>`."""

    where: str
    message: str

    @property
    def words(self) -> str:
        """The message with its place in words."""
        head, _dot, rest = self.where.partition(".")
        place = {
            "trigger": _("Trigger"),
            "conditions": _("Conditions"),
            "steps": _("Step %(number)s") % {"number": rest.split(".")[0]} if rest else _("Steps"),
        }.get(head, _("Rule"))
        return f"{place}: {self.message}"


@dataclass(slots=True)
class Problems:
    """The problems of one document."""

    found: list[Problem] = field(default_factory=list)

    def add(self, where: str, message: Any) -> None:
        """Note one."""
        self.found.append(Problem(where, str(message)))

    def refuse(self) -> None:
        """Raise BadRule if there are any."""
        if self.found:
            raise BadRule(self.found)


class BadRule(Refused):
    """A rule that cannot work; `problems` say where and why, `fields` the same by place."""

    def __init__(self, problems: list[Problem]) -> None:
        fields: dict[str, str] = {}
        for each in problems:
            fields.setdefault(each.where, each.message)
        super().__init__(" ".join(each.words for each in problems), fields=fields)
        self.problems = problems
