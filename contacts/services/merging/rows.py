"""Addresses, numbers and domains of two records become those of one; what is not wanted stays with the merged record.

There an e-mail address still leads to the survivor (R2). Old primary rows yield before the new one is marked, so that at
most one is at any moment, on the way back as well (undo takes the steps in reverse).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contacts.services.children import CHILDREN, ChildKind
from crm.kernel.core.relations import Merging


def unite_rows(
    survivor: Any, loser: Any, wanted: Mapping[str, list[str]], present: Mapping[str, Mapping[UUID, list[Any]]],
    merging: Merging,
) -> list[str]:  # fmt: skip
    """Give the survivor the wanted rows of both; return the kinds of rows of which the survivor's changed."""
    changed = []
    for name, kind in CHILDREN[type(survivor)].items():
        kept = {getattr(row, kind.value): row for row in present[name].get(survivor.pk, ())}
        other = {getattr(row, kind.value): row for row in present[name].get(loser.pk, ())}
        before = list(kept)
        _unite(kind, survivor.pk, loser.pk, kept, other, wanted[name])
        merging.note_moved(kind.model, [row.pk for row in (*kept.values(), *other.values())])
        if wanted[name] != before:
            changed.append(name)
    return changed


def _unite(
    kind: ChildKind, survivor_id: UUID, loser_id: UUID, kept: Mapping[str, Any], other: Mapping[str, Any],
    wanted: Sequence[str],
) -> None:  # fmt: skip
    rows = kind.model._default_manager
    leaving = [row for value, row in kept.items() if value not in wanted]
    coming = [row for value, row in other.items() if value in wanted and value not in kept]
    first = wanted[0] if wanted else None
    if kind.primary:
        lowered = [
            row.pk
            for row in (*kept.values(), *coming)
            if row.primary and (row in leaving or row in coming or getattr(row, kind.value) != first)
        ]
        rows.filter(pk__in=lowered).update(primary=False)
    # A number that both have and nobody wants is the merged record's already.
    doubled = [row.pk for row in leaving if getattr(row, kind.value) in other]
    rows.filter(pk__in=doubled).delete()
    parted: dict[str, Any] = {kind.parent: loser_id}
    if _has_live(kind):
        parted["live"] = False
        rows.filter(pk__in=[row.pk for row in other.values() if row not in coming], live=True).update(live=False)
    rows.filter(pk__in=[row.pk for row in leaving if row.pk not in doubled]).update(**parted)
    rows.filter(pk__in=[row.pk for row in coming]).update(**{kind.parent: survivor_id})
    if kind.labelled:
        _take_labels(rows, kept, other, wanted)
    if kind.primary and first is not None:
        rows.filter(pk=(kept.get(first) or other[first]).pk, primary=False).update(primary=True)


def _has_live(kind: ChildKind) -> bool:
    return any(each.name == "live" for each in kind.model._meta.concrete_fields)


def _take_labels(rows: Any, kept: Mapping[str, Any], other: Mapping[str, Any], wanted: Sequence[str]) -> None:
    """Keep what the other record called a number that both have, where the survivor calls it nothing."""
    for value in wanted:
        if value in kept and value in other and other[value].label and not kept[value].label:
            rows.filter(pk=kept[value].pk).update(label=other[value].label)
