"""Prints the table and keeps the figures as JSON."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "bench-results"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `value` is compared with `must` and `aim`; `higher` says that more is better."""

    what: str
    value: float
    must: float
    aim: float
    unit: str = "x"
    detail: str = ""
    higher: bool = False

    @property
    def verdict(self) -> str:
        """`aim` reached, `must` kept, or MISSED."""
        if not self.must:
            return ""

        def kept(limit: float) -> bool:
            return self.value >= limit if self.higher else self.value <= limit

        return "aim" if kept(self.aim) else "must" if kept(self.must) else "MISSED"


def print_lines(title: str, lines: list[Line]) -> None:
    """Print a table."""
    print(f"\n{title}")
    for line in lines:
        limits = f"must {line.must:g} aim {line.aim:g}" if line.must else ""
        print(f"  {line.what:<46} {line.value:8.2f} {line.unit:<4} {limits:<20} {line.verdict:<7} {line.detail}")


def keep(size: str, part: str, values: Any) -> dict[str, Any]:
    """Store the figures of one part of a run and return all that is known of this size."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{size}.json"
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    known[part] = {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **values}
    path.write_text(json.dumps(known, indent=1, sort_keys=True))
    return known


def known(size: str) -> dict[str, Any]:
    """Return what is stored of a size."""
    path = RESULTS / f"{size}.json"
    return json.loads(path.read_text()) if path.exists() else {}
