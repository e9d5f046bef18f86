"""What a report can be asked, as menus: above its page, and in words in its mail."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.kernel.core.html import escape

from .asks import Ask
from .names import Names
from .registry import Report


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu above a report: its parameter, its label, what can be chosen, and what is."""

    name: str
    label: Any
    options: Sequence[tuple[str, Any]]
    chosen: str

    @property
    def html(self) -> SafeString:
        """The options. Built here: a template takes as long for hundreds of people as for the rest of the page."""
        return mark_safe(
            "".join(
                f'<option value="{escape(value)}"{" selected" if value == self.chosen else ""}>{escape(words)}</option>'
                for value, words in self.options
            )
        )

    @property
    def words(self) -> Any:
        """What is chosen, in words."""
        return next((words for value, words in self.options if value == self.chosen), "")


def narrowing(ask: Ask, filters: Collection[str], names: Names) -> list[Menu]:
    """Return the menus of pipeline, team and person, as far as the report knows them and there is a choice."""
    reach = ask.window.scope.owners
    seen = ((pk, name) for pk, name in names.people.items() if reach is None or UUID(pk) in reach)
    found = (
        ("pipeline", _("Pipeline"), list(names.pipelines.items())),
        ("team", _("Team"), _by_name(names.teams.items())),
        ("person", _("Person"), _by_name(seen)),
    )
    return [
        Menu(name, label, options, str(getattr(ask, name) or ""))
        for name, label, options in found
        if name in filters and len(options) > 1
    ]


def _by_name(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: pair[1].casefold())


def option_menus(report: Report, ask: Ask) -> list[Menu]:
    """Return the menus of the report's own choices."""
    labels = {"by": _("By"), "mode": _("Skipped stages"), "horizon": _("Within"), **report.labels()}
    return [
        Menu(name, labels.get(name, name), list(values.items()), ask.options[name])
        for name, values in report.options(ask.actor).items()
        if len(values) > 1
    ]
