"""Options of triggers and steps as controls: how a posted value is read, and what the template needs to show it.

Every control of a step posts under `<prefix>-<key>`. Options that are not asked for at present keep their value in hidden
inputs, so that changing one's mind loses nothing; a document leaves them out.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from workflows.options import Option

from .values import setting_choices

LISTS = ("choices", "fields", "stages", "people")
PAIRS = ("weights", "territories", "values")
BY_ID = ("person", "people", "weights", "territories", "team", "stage", "stages", "pipeline", "named")
UUID_LIKE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MENUS = ("choice", "field", "person", "team", "stage", "pipeline", "named")
WIDE = ("merge_text", "long_text", *LISTS, *PAIRS)


def read_option(option: Option, data: QueryDict, prefix: str) -> Any:
    """Return what was posted, in the shape that documents have; nothing if the option was not in the form."""
    name = f"{prefix}-{option.key}"
    if option.type in PAIRS:
        pairs = zip(data.getlist(f"{name}-k"), data.getlist(f"{name}-v"), strict=False)
        # One that is half filled in stays: the form comes back between its two controls.
        found = {key.strip(): value.strip() for key, value in pairs if key.strip() or value.strip()}
        return {key: _whole(value) if option.type == "weights" else value for key, value in found.items()}
    if option.type in LISTS:
        return [value for value in dict.fromkeys(data.getlist(name)) if value]
    value = (data.getlist(name) or [""])[-1].replace("\r\n", "\n").strip()
    if option.type == "yes_no":
        return {"yes": True, "no": False}.get(value)
    if option.type == "number":
        return _whole(value)
    if option.type == "words":
        return [word.strip() for word in value.split(",") if word.strip()]
    return value


def _whole(text: str) -> Any:
    return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 12 else text


def with_defaults(options: Iterable[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the defaults in their places: what decides whether others are asked for."""
    return {
        each.key: given.get(each.key) if given.get(each.key) not in (None, "") else each.default for each in options
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where options stand: the prefix of their controls, the kind of record, for whom, and the errors by option."""

    prefix: str
    kind: str
    actor: Actor
    errors: Mapping[str, str]


def shown_options(options: Iterable[Option], given: Mapping[str, Any], place: Place) -> list[dict[str, Any]]:
    """Return the controls of options, in order; those that are not asked for come as hidden inputs."""
    options = list(options)
    values = with_defaults(options, given)
    # A list that something depends on is asked if any of its values is meant: `notify` has several "whom".
    return [_shown(each, values, place) if asked(each, values) else _hidden(each, given, place) for each in options]


def asked(option: Option, values: Mapping[str, Any]) -> bool:
    """Say whether an option is asked for, given the others; of several values any may ask for it."""
    if option.when is None:
        return True
    value = values.get(option.when[0])
    return bool(set(map(str, value)) & set(option.when[1])) if isinstance(value, list) else option.asked(values)


def _hidden(option: Option, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
    name, value = f"{place.prefix}-{option.key}", given.get(option.key)
    if isinstance(value, Mapping):
        pairs = [pair for key, each in value.items() for pair in ((f"{name}-k", key), (f"{name}-v", each))]
    elif isinstance(value, bool):
        pairs = [(name, "yes" if value else "no")]
    elif isinstance(value, list):
        pairs = [(name, ", ".join(map(str, value)))] if option.type == "words" else [(name, each) for each in value]
    else:
        pairs = [(name, value)] if value not in (None, "") else []
    return {"hidden": pairs}


def _shown(option: Option, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
    value = values.get(option.key)
    found: dict[str, Any] = {
        "name": f"{place.prefix}-{option.key}", "key": option.key, "label": option.label, "help": option.help,
        "error": place.errors.get(option.key, ""), "control": option.type,
        "optional": not option.required and option.default is None,
        "value": "" if value is None else value, "wide": option.type in WIDE, "most": option.most or 200,
    }  # fmt: skip
    choices = option.offered(place.kind, place.actor)
    if option.type == "value" and values.get("field"):
        choices = setting_choices(place.kind, values["field"], place.actor)
        found["control"] = "choice" if choices else "value"
    if option.type in MENUS or found["control"] == "choice":
        found |= _menu(option, choices, value)
    elif option.type in LISTS:
        chosen = {str(each) for each in value or ()}
        found["choices"] = [(str(key), label, str(key) in chosen) for key, label in choices]
        found["gone"] = sorted(chosen - {str(key) for key, _label in choices})
    elif option.type in PAIRS:
        found |= _pairs(option, choices, value)
    elif option.type == "words":
        found["value"] = ", ".join(map(str, value)) if isinstance(value, list) else value or ""
    elif option.type == "merge_text":
        found["lines"] = option.most > 280
    return found


def _menu(option: Option, choices: Iterable[tuple[str, Any]], value: Any) -> dict[str, Any]:
    """Return a menu; a value that is no choice any more stays in it, so that it is seen and can be changed."""
    rows = [(str(key), label, str(key) == str(value)) for key, label in choices]
    if value not in (None, "") and rows and not any(chosen for *_rest, chosen in rows):
        rows.append((str(value), _("(not there any more)"), True))
    return {"choices": rows, "blank": not option.required or option.default is None or value in (None, "")}


def _pairs(option: Option, choices: Iterable[tuple[str, Any]], value: Any) -> dict[str, Any]:
    """Return rows of two controls with an empty one at the end: colleague and number, or value and colleague."""
    given = list(value.items()) if isinstance(value, Mapping) else []
    people = [(str(key), label) for key, label in choices]
    person_first = option.type == "weights"
    rows = []
    for key, each in [*given, *([] if any(not key for key, _each in given) else [("", "")])]:
        person = key if person_first else each
        menu = [(pk, name, pk == str(person)) for pk, name in people]
        rows.append({"key": key, "value": each, "menu": menu})
    return {"rows": rows, "person_first": person_first, "menus": bool(people)}


def by_id(options: Iterable[Option], given: Mapping[str, Any], kind: str, actor: Actor) -> dict[str, Any]:
    """Return a document's options with ids where it has names: what menus and ticks know. What cannot be read stays."""
    found = dict(given)
    for each in options:
        if each.type in BY_ID and (value := given.get(each.key)) and not _all_ids(value):
            with suppress(ValueError):
                found[each.key] = each.read(value, kind, actor)
    return found


def _all_ids(value: Any) -> bool:
    listed = (
        [*value.keys(), *value.values()]
        if isinstance(value, Mapping)
        else value
        if isinstance(value, list)
        else [value]
    )
    return all(isinstance(each, int) or UUID_LIKE.fullmatch(str(each)) for each in listed)


def documented(option_list: Iterable[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as a document has them: those given, and asked for at present."""
    options = list(option_list)
    values = with_defaults(options, given)
    return {
        each.key: given[each.key]
        for each in options
        if given.get(each.key) not in (None, "", [], {}) and asked(each, values)
    }


def undefaulted(options: Iterable[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document's options is not the default."""
    listed = list(options)
    defaults = {each.key: each.default for each in listed}
    return {key: value for key, value in documented(listed, given).items() if str(value) != str(defaults[key])}
