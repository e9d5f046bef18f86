"""Undo of a change-set: a new change-set that puts back what the old one changed (H2).

`changes` reads from history what the set did to each row, `parts` compares it with the present value by value, `lost`
takes out what nothing brings back, `conflicts` names what has changed since, `created` decides what becomes of the rows that
the set made, `restoring` writes, `telling` says what came of it, `commands` is the door.
"""

from .changes import RowChange, changes_of, columns_of, touched_models
from .commands import Preview, Undone, preview, undo, undoable
from .lost import purged_among
from .telling import Turned

__all__ = [
    "Preview",
    "RowChange",
    "Turned",
    "Undone",
    "changes_of",
    "columns_of",
    "preview",
    "purged_among",
    "touched_models",
    "undo",
    "undoable",
]
