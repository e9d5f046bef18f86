"""Trying a rule on what has happened (W7): `running` is the door, `events` and `times` find the moments, `steps` plans.

Everything happens in a transaction that the database itself holds to reading; actions are asked for their `plan` alone.
"""

from .results import DryRun, Match, Miss, Planned
from .running import compare, dry_run

__all__ = ["DryRun", "Match", "Miss", "Planned", "compare", "dry_run"]
