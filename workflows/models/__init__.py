"""Rules and their versions, runs and their steps, and what the engine remembers between runs."""

from .memory import Assignment, AssignmentPool, DueTime, RuleState
from .rule import Reentry, Rule, RuleVersion
from .run import Run, Step
from .trial import Trial, TrialLine

__all__ = [
    "Assignment",
    "AssignmentPool",
    "DueTime",
    "Reentry",
    "Rule",
    "RuleState",
    "RuleVersion",
    "Run",
    "Step",
    "Trial",
    "TrialLine",
]
