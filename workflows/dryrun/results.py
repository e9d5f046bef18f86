"""What a dry run found."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

# Why a rule would not have run, by code.
REASONS = {
    "trigger": gettext_lazy("The trigger did not mean it"),
    "gone": gettext_lazy("The record was deleted"),
    "unseen": gettext_lazy("The rule may not see the record"),
    "conditions": gettext_lazy("Its conditions did not hold"),
    "entry": gettext_lazy("The record was inside its conditions already"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What one step would have done, in words, or why not. `data` holds the values that a run would have worked with.

    `kept` are the words that may be stored, where `words` tell of the record (W2).
    """

    action: str
    words: str
    done: bool
    data: dict[str, Any] = field(default_factory=dict)
    trace: list[dict[str, Any]] = field(default_factory=list)
    later: bool = False
    kept: str = ""


@dataclass(slots=True)
class Match:
    """One time at which the rule would have run. `held` says that the brake would have held it back.

    `unknown`: a condition or a step depends on something that the past does not tell. `changes` are the columns that its steps
    would have written at once.
    """

    key: str
    at: dt.datetime
    record_kind: str
    record_id: UUID | None
    event_id: int | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)
    steps: list[Planned] = field(default_factory=list)
    held: bool = False
    unknown: bool = False
    changeset: UUID | None = None
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """One time at which it was asked and would not have run. `why` is a code of `REASONS`; `failed` names conditions."""

    key: str
    at: dt.datetime
    record_kind: str
    record_id: UUID
    why: str
    failed: tuple[str, ...] = ()
    trace: list[dict[str, Any]] = field(default_factory=list)
    changeset: UUID | None = None


@dataclass(slots=True)
class DryRun:
    """What a rule would have done between two moments: all matches, the first misses of each reason, and how often each came.

    `sets_off` names the rules at work that its steps may have set off. `truncated`: more than is told was found.
    """

    since: dt.datetime
    until: dt.datetime
    looked_at: int = 0
    matches: list[Match] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    sets_off: list[str] = field(default_factory=list)
    truncated: bool = False

    @property
    def missed(self) -> int:
        """How often it would not have run."""
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """A draft beside the published version: what only the one or only the other would have matched, and what both."""

    draft: DryRun
    published: DryRun
    only_draft: list[Match]
    only_published: list[Match]
    both: int
