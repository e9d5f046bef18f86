"""Two records become one (M3), and what each value of the result will be."""

from .merge import gather_stragglers, merge_companies, merge_contacts, merge_records
from .parts import Part, parts_of
from .values import Merged, merged_values

__all__ = [
    "Merged",
    "Part",
    "gather_stragglers",
    "merge_companies",
    "merge_contacts",
    "merge_records",
    "merged_values",
    "parts_of",
]
