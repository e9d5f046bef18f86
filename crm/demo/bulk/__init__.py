"""The large and the huge workspace: hundreds of thousands of records, planned and written by set-based SQL.

Names, times and fates come from hashes of row numbers, so the same seed makes the same workspace. Everything is planned
in temporary tables with the derived columns already right (a test compares them with what the services compute), then
written month by month, each under a change-set dated back to that month; history rows come from the triggers.
"""

from .build import build_bulk
from .sizes import SIZES, Size

__all__ = ["SIZES", "Size", "build_bulk"]
