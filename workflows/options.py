"""Options of triggers and actions: what they are called, which control asks for them, and how a document's value is read.

The builder is made from these (`catalog.py`), and the same ones check what a document says. To add a type: a function in
`READERS`, and a control in the builder.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions.fields import no_choice
from crm.kernel.users.models import Team, User
from deals.models import Pipeline, Stage

from .problems import Problems

Choices = Iterable[tuple[str, Any]] | Callable[[str, Actor | None], Iterable[tuple[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. `type` chooses control and reader; `choices` may be a function of (record kind, actor).

    `most` bounds numbers and lengths. `when` names another option and the values with which this one is asked for.
    """

    key: str
    label: Any
    type: str = "text"
    required: bool = False
    default: Any = None
    choices: Choices = ()
    help: Any = ""
    least: int = 0
    most: int = 0
    when: tuple[str, tuple[str, ...]] | None = None

    def offered(self, kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
        """Return what can be chosen."""
        return list(self.choices(kind, actor) if callable(self.choices) else self.choices)

    def asked(self, given: Mapping[str, Any]) -> bool:
        """Say whether the option is asked for, given the others."""
        return self.when is None or str(given.get(self.when[0], "")) in self.when[1]

    def read(self, raw: Any, kind: str, actor: Actor | None) -> Any:
        """Return the value; raises ValueError with words."""
        return READERS[self.type](self, raw, kind, actor)


def read_options(
    options: Iterable[Option], raw: Any, kind: str, actor: Actor | None, problems: Problems, where: str
) -> dict[str, Any]:
    """Return the values of options by key, defaults included; what is wrong is noted in `problems`."""
    known = {each.key: each for each in options}
    if not isinstance(raw, dict | None):
        problems.add(where, _("Options are names with values."))
        return {}
    given = raw or {}
    for key in given.keys() - known.keys():
        problems.add(f"{where}.{str(key)[:40]}", _("There is no option “%(name)s”.") % {"name": str(key)[:40]})
    found: dict[str, Any] = {}
    for key, option in known.items():
        value = given.get(key)
        if value in (None, "", [], {}):
            found[key] = option.default
            if option.required and option.default is None and option.asked(given):
                problems.add(f"{where}.{key}", _("%(label)s is missing.") % {"label": option.label})
            continue
        try:
            found[key] = option.read(value, kind, actor)
        except ValueError as error:
            problems.add(f"{where}.{key}", f"{option.label}: {error}")
    return found


def _text(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
    if not isinstance(raw, str | int | float) or "\x00" in str(raw):
        raise ValueError(_("Type a text."))
    if len(str(raw)) > (option.most or 200):
        raise ValueError(_("This is longer than %(most)s characters.") % {"most": option.most or 200})
    return str(raw).strip()


def _number(option: Option, raw: Any, kind: str, actor: Actor | None) -> int:
    try:
        found = int(str(raw).strip())
    except ValueError as error:
        raise ValueError(_("Type a whole number.")) from error
    if not option.least <= found <= (option.most or 100_000):
        words = _("Type a number from %(least)s to %(most)s.")
        raise ValueError(words % {"least": option.least, "most": option.most or 100_000})
    return found


def _choice(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
    if str(raw) not in {str(key) for key, _label in option.offered(kind, actor)}:
        raise ValueError(no_choice(raw))
    return str(raw)


def _by_name(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
    """One of the choices by its id, or by its name if no other has it: texts of rules say names."""
    text = str(raw).strip()
    offered = [(str(key), str(label).casefold()) for key, label in option.offered(kind, actor)]
    found = [key for key, _label in offered if key == text] or [
        key for key, label in offered if label == text.casefold()
    ]
    if len(found) != 1:
        raise ValueError(no_choice(raw))
    return found[0]


def _choices(option: Option, raw: Any, kind: str, actor: Actor | None) -> list[str]:
    return [_choice(option, each, kind, actor) for each in _listed(raw)]


def _listed(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


def _yes(option: Option, raw: Any, kind: str, actor: Actor | None) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).lower() in ("true", "yes", "on", "1"):
        return True
    if str(raw).lower() in ("false", "no", "off", "0"):
        return False
    raise ValueError(_("Say yes or no."))


def _time(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
    if isinstance(raw, int) and 0 <= raw < 1440:  # YAML reads 09:00 as minutes
        return f"{raw // 60:02}:{raw % 60:02}"
    try:
        return dt.time.fromisoformat(str(raw).strip().zfill(5)).strftime("%H:%M")
    except ValueError as error:
        raise ValueError(_("Type a time, such as 09:00.")) from error


def uuid_of(raw: Any) -> UUID:
    """Return an id; raises ValueError with words."""
    try:
        return UUID(str(raw))
    except ValueError as error:
        raise ValueError(no_choice(raw)) from error


def _person(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
    """A colleague by id or e-mail address; kept by id. One who cannot log in any more takes nothing."""
    text = str(raw).strip()
    if not text:
        raise ValueError(_("Choose a colleague."))
    rows = User.objects.filter(email=text.lower()) if "@" in text else User.objects.filter(pk=uuid_of(text))
    person = rows.first()
    if person is None:
        raise ValueError(_("There is no such colleague."))
    if not person.is_active:
        raise ValueError(_("%(name)s can no longer log in.") % {"name": person.name})
    return str(person.pk)


def _people(option: Option, raw: Any, kind: str, actor: Actor | None) -> list[str]:
    return [_person(option, each, kind, actor) for each in _listed(raw)]


def _weights(option: Option, raw: Any, kind: str, actor: Actor | None) -> dict[str, int]:
    """Numbers by colleague: weights, capacities."""
    if not isinstance(raw, dict):
        raise ValueError(_("Give a number for each colleague."))
    return {_person(option, who, kind, actor): _number(option, each, kind, actor) for who, each in raw.items()}


def _named(model: Any, words: str) -> Callable[..., str]:
    def read(option: Option, raw: Any, kind: str, actor: Actor | None) -> str:
        try:
            found = model.objects.filter(pk=uuid_of(raw)).first()
        except ValueError:
            rows = list(model.objects.filter(name__iexact=str(raw).strip())[:2])
            found = rows[0] if len(rows) == 1 else None
        if found is None:
            raise ValueError(_(words))
        if getattr(found, "archived_at", None) is not None:
            raise ValueError(_("“%(name)s” is archived.") % {"name": found})
        return str(found.pk)

    return read


def _stages(option: Option, raw: Any, kind: str, actor: Actor | None) -> list[str]:
    return [READERS["stage"](option, each, kind, actor) for each in _listed(raw)]


def _words(option: Option, raw: Any, kind: str, actor: Actor | None) -> list[str]:
    found = [_text(option, each, kind, actor) for each in (raw.split(",") if isinstance(raw, str) else _listed(raw))]
    return [each for each in found if each]


def _values(option: Option, raw: Any, kind: str, actor: Actor | None) -> Any:
    """A value whose meaning depends on another option; whoever uses it checks it."""
    if isinstance(raw, dt.date):
        return raw.isoformat()
    if isinstance(raw, dict) or (isinstance(raw, list) and any(isinstance(each, list | dict) for each in raw)):
        raise ValueError(_("Give a single value or a list."))
    return raw


def _map(option: Option, raw: Any, kind: str, actor: Actor | None) -> dict[str, Any]:
    if not isinstance(raw, dict) or len(raw) > (option.most or 50):
        raise ValueError(_("Give names with values."))
    return {str(key)[:200]: _values(option, each, kind, actor) for key, each in raw.items()}


def _territories(option: Option, raw: Any, kind: str, actor: Actor | None) -> dict[str, str]:
    """Colleagues by the value of a field."""
    if not isinstance(raw, dict) or not raw or len(raw) > 500:
        raise ValueError(_("Give a colleague for each value."))
    if not all(str(value).strip() for value in raw):
        raise ValueError(_("Give a value for each colleague."))
    return {str(value)[:200]: _person(option, who, kind, actor) for value, who in raw.items()}


READERS: dict[str, Callable[[Option, Any, str, Actor | None], Any]] = {
    "text": _text,
    "long_text": _text,
    "merge_text": _text,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "field": _choice,
    "fields": _choices,
    "yes_no": _yes,
    "time": _time,
    "person": _person,
    "people": _people,
    "weights": _weights,
    "team": _named(Team, "There is no such team."),
    "stage": _named(Stage, "There is no such stage any more."),
    "stages": _stages,
    "pipeline": _named(Pipeline, "There is no such pipeline any more."),
    "words": _words,
    "value": _values,
    "values": _map,
    "territories": _territories,
    "named": _by_name,
}
