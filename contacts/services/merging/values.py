"""Which values the survivor of a merge will have: chosen ones, empties filled, what comes in many united (M3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.services.children import CHILDREN, present_entries
from crm.kernel.core.errors import Refused

from .parts import Part, parts_of


@dataclass(slots=True)
class Merged:
    """The result: `values` by column of the survivor, `children` the wanted addresses and numbers, first one primary."""

    values: dict[str, Any] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)


class CustomValues:
    """A record whose custom fields are read as columns: `cf_<key>`."""

    def __init__(self, record: Any) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        if name.startswith("cf_"):
            return self._record.custom.get(name[3:])
        return getattr(self._record, name)


def merged_values(
    survivor: Any, loser: Any, choices: Mapping[str, Any], children: Mapping[str, Mapping[UUID, list[Any]]]
) -> Merged:
    """Return what the survivor will be.

    `choices` maps a part's key to `survivor`, `loser` or `both`, and `emails`, `phones`, `domains` to the values to keep,
    the first of which will be the primary one. What nobody chose is filled and united. Raises Refused for choices that
    there are not.
    """
    model = type(survivor)
    parts = {part.key: part for part in parts_of(model)}
    unknown = set(choices) - set(parts) - set(CHILDREN[model])
    if unknown:
        raise Refused(_("There is no field “%(name)s” to choose.") % {"name": sorted(unknown)[0][:60]})
    merged = Merged()
    ours, theirs = CustomValues(survivor), CustomValues(loser)
    for key, part in parts.items():
        merged.values |= _part_values(part, ours, theirs, choices.get(key))
    custom = {**loser.custom, **survivor.custom}
    custom |= {name[3:]: merged.values.pop(name) for name in list(merged.values) if name.startswith("cf_")}
    merged.values["custom"] = {name: value for name, value in custom.items() if value not in (None, "", [])}
    for name, kind in CHILDREN[model].items():
        kept = [getattr(row, kind.value) for row in children[name].get(survivor.pk, ())]
        other = [getattr(row, kind.value) for row in children[name].get(loser.pk, ())]
        merged.children[name] = _chosen_values(name, list(dict.fromkeys([*kept, *other])), choices.get(name))
    return merged


def _part_values(part: Part, ours: Any, theirs: Any, choice: Any) -> dict[str, Any]:
    kept, other = part.values(ours), part.values(theirs)
    if part.unite == "list":
        kept, other = ({name: value or [] for name, value in each.items()} for each in (kept, other))
    if choice is None:
        return part.default(kept, other)
    if choice not in part.choices():
        raise Refused(_("That choice does not exist."), fields={part.key: _("Choose one of the two.")})
    return part.chosen(choice, kept, other)


def _chosen_values(name: str, united: list[str], chosen: Sequence[str] | None) -> list[str]:
    """Return the addresses, numbers or domains to keep; without a choice all of them."""
    if chosen is None:
        return united
    strange = [value for value in chosen if value not in united]
    if strange:
        words = _("“%(value)s” belongs to neither of the two.") % {"value": str(strange[0])[:60]}
        raise Refused(words, fields={name: words})
    return list(dict.fromkeys(chosen))


def children_of(model: type[Any], ids: Sequence[UUID]) -> dict[str, dict[UUID, list[Any]]]:
    """Return the addresses, numbers and domains of records by kind and record; one query for each kind."""
    return {name: present_entries(kind, ids) for name, kind in CHILDREN[model].items()}
