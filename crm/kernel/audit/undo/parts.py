"""The values of a row that are undone each by itself: its columns, and of a JSON column each key (C1).

A list of words (tags, links, a multi-select) is a set of things: an undo takes off what was added and adds what was taken
off, and leaves what others did to it since. Any other value conflicts if it is neither what the set left nor what was
there before.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from .changes import RowChange


@dataclass(frozen=True, slots=True)
class Part:
    """One value that a set changed: before, as the set left it, and now. `key` is that of a JSON column, else empty."""

    column: str
    key: str
    before: Any
    after: Any
    now: Any

    @property
    def name(self) -> str:
        """The name by which conflicts and choices call it: `title`, `custom.region`."""
        return f"{self.column}.{self.key}" if self.key else self.column

    @property
    def stands(self) -> bool:
        """True if there is something to put back: the value is not what it was before."""
        return bool(self.now != self.before)

    @property
    def clashes(self) -> bool:
        """True if somebody has changed the value since, so that putting it back would lose what they did."""
        return self.now not in (self.before, self.after) and not self._listed

    @property
    def _listed(self) -> bool:
        return all(_words(each) for each in (self.before, self.after, self.now))

    def restored(self) -> Any:
        """Return the value to be put back."""
        if self.now == self.after or not self._listed:
            return self.before
        before, after, now = self.before or [], self.after or [], self.now or []
        kept = [each for each in now if each in before or each not in after]
        return [*kept, *(each for each in before if each not in after and each not in now)]


def _words(value: Any) -> bool:
    """Say whether a value is a list of plain words; nothing at all is an empty list."""
    return value is None or (isinstance(value, list) and all(isinstance(each, str | int | UUID) for each in value))


def parts_of(change: RowChange) -> Iterator[Part]:
    """Yield what the set changed of a row that is there still."""
    if change.now is None:
        return
    for column, (before, after) in change.changed.items():
        now = change.now[column]
        if isinstance(before, dict) and isinstance(after, dict) and isinstance(now, dict):
            for key in sorted(before.keys() | after.keys()):
                if before.get(key) != after.get(key):
                    yield Part(column, key, before.get(key), after.get(key), now.get(key))
        else:
            yield Part(column, "", before, after, now)


def values_back(change: RowChange, chosen: Collection[str] = ()) -> dict[str, Any]:
    """Return the columns to be put back with their values; a part that clashes only if its name is `chosen`."""
    back: dict[str, Any] = {}
    for part in parts_of(change):
        if not part.stands or (part.clashes and part.name not in chosen):
            continue
        if not part.key:
            back[part.column] = part.restored()
            continue
        values = back.setdefault(part.column, dict(change.now[part.column]))  # type: ignore[index]
        restored = part.restored()
        if not restored and part.key not in change.before[part.column]:  # type: ignore[index]
            values.pop(part.key, None)  # an empty value does not stand there at all
        else:
            values[part.key] = restored
    return back
