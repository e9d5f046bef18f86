"""How sure we are that two records are one: points for what agrees, minus points for what does not (M1)."""

from dataclasses import dataclass

from .compare import COMPARE
from .profiles import Profile
from .rules import Rule, Rules

# Below this likeness two values disagree; between it and 1 agreement counts in part.
ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Score:
    """Points from 0 to 100, and the fields that agree: `(field, "same" or "similar")`, the weightiest first."""

    points: int
    reasons: tuple[tuple[str, str], ...]


def score(rules: Rules, one: Profile, other: Profile) -> Score:
    """Compare two records by the rules."""
    points, agreeing = 0.0, []
    for rule in rules.rules:
        likeness = _likeness(rule, one, other)
        if likeness is None:
            continue
        earned = points_for(rule, likeness)
        points += earned
        if earned > 0:
            agreeing.append((earned, rule.field, "same" if likeness >= 1 else "similar"))
    agreeing.sort(key=lambda each: -each[0])
    return Score(round(max(0.0, min(100.0, points))), tuple((name, how) for _points, name, how in agreeing))


def _likeness(rule: Rule, one: Profile, other: Profile) -> float | None:
    """Return how alike the most alike values of a field are, None if one of the two has none."""
    ours, theirs = one.values.get(rule.field), other.values.get(rule.field)
    if not ours or not theirs:
        return None
    compare = COMPARE[rule.compare]
    return max(compare(a, b) for a in ours for b in theirs)


def points_for(rule: Rule, likeness: float) -> float:
    """Return what a likeness is worth: all of `same` at 1, nothing at `ALIKE`, below it minus up to `different`."""
    if likeness >= ALIKE:
        return rule.same * (likeness - ALIKE) / (1 - ALIKE)
    return -rule.different * (ALIKE - likeness) / ALIKE
