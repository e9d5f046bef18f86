"""Undo of a change-set: a new change-set that puts back what the old one changed (H2).

`changes` reads from history what the set did to each row, `parts` compares it with the present value by value,
`conflicts` names what has changed since, `created` decides what becomes of the rows that the set made, `restoring` writes,
`commands` is the door.
"""

from .changes import RowChange, changes_of, columns_of, touched_models
from .commands import Preview, Undone, preview, undo, undoable

__all__ = [
    "Preview",
    "RowChange",
    "Undone",
    "changes_of",
    "columns_of",
    "preview",
    "touched_models",
    "undo",
    "undoable",
]
