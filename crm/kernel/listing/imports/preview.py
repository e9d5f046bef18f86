"""What a file would do, shown beside its columns before anything is decided: first values, checks, unknown words."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .directory import Directory
from .engine import Report, actor_for, check, rows_of
from .models import ImportRun
from .registry import Field, Importer, importer_of

ROWS = 2000
MAX_WORDS = 300
MAX_VALUES = 60
REPLACEABLE = {"industry", "tag", "tags", "source", "lost_reason", "country", "type", "role"}


@dataclass(slots=True)
class Column:
    """A column of the file: its first values, the field that it fills, and what is to be said of it."""

    position: int
    name: str
    samples: str
    field: str
    filled: int
    tone: str = ""
    said: str = ""
    why: str = ""
    fix: bool = False


def columns_of(run: ImportRun, report: Report | None) -> list[Column]:
    """Return the columns with what the first rows tell about them."""
    importer = importer_of(run.kind)
    filled = [0] * len(run.header)
    samples: list[list[str]] = [[] for _name in run.header]
    for _number, cells in islice(rows_of(run), ROWS):
        for position, cell in enumerate(cells[: len(run.header)]):
            if value := cell.strip():
                filled[position] += 1
                if len(samples[position]) < 3 and value[:60] not in samples[position]:
                    samples[position].append(value[:60].replace("\0", "�"))
    found = []
    for position, name in enumerate(run.header):
        keys = run.mapping[position] if position < len(run.mapping) else []
        column = Column(position, name, ", ".join(samples[position])[:120], keys[0] if keys else "", filled[position])
        if keys and report is not None:
            _judge(column, report, importer.field(keys[0]))
        found.append(column)
    return found


def _judge(column: Column, report: Report, field: Field | None) -> None:
    """Say in a few words whether the cells of a column fit its field."""
    wrong = report.wrong[column.name]
    if wrong:
        column.tone = "warn"
        column.why = report.said[column.name]
        column.fix = field is not None and field.sort in ("person", "stage")
        words = ngettext("%(count)d not valid", "%(count)d not valid", wrong) % {"count": wrong}
        column.said = column.why if column.fix else words
    elif field is not None and field.key in report.links:
        known, new = report.links[field.key]
        column.tone, column.said = "ok", _("%(known)s known, %(new)s new") % {"known": f"{known:,}", "new": f"{new:,}"}
    else:
        column.tone, column.said = "ok", _("%(count)s filled") % {"count": f"{column.filled:,}"}


def preview(run: ImportRun) -> Report | None:
    """Check the first rows; None if so little is matched that there is nothing to say."""
    importer = importer_of(run.kind)
    if importer.missing({key for keys in run.mapping for key in keys}, run.options):
        return None
    return check(run, limit=ROWS)


@dataclass(slots=True)
class Words:
    """The words of a column that somebody has to match: to people, to stages, or to better words."""

    column: str
    sort: str
    label: str
    rows: list[dict[str, Any]]


def unknown_words(run: ImportRun) -> list[Words]:
    """Return, by column, the names that mean nobody here and the stages that nobody has decided about.

    Reads the whole file. Words that were decided about before are listed too, with what was decided.
    """
    importer = importer_of(run.kind)
    asked = [
        (position, name, field)
        for position, (name, keys) in enumerate(zip(run.header, run.mapping, strict=False))
        for key in keys[:1]
        if (field := importer.field(key)) is not None and (field.sort in ("person", "stage") or key in REPLACEABLE)
    ]
    counters = _count_words(run, [position for position, _name, _field in asked])
    found = []
    for position, name, field in asked:
        words = _words_of(run, importer, name, field, counters[position])
        if words.rows:
            found.append(words)
    return sorted(found, key=lambda each: each.sort == "value")


def _count_words(run: ImportRun, positions: list[int]) -> dict[int, Counter[str]]:
    counters: dict[int, Counter[str]] = {position: Counter() for position in positions}
    if positions:
        for _number, cells in rows_of(run):
            for position, counter in counters.items():
                cell = cells[position].strip()[:120] if position < len(cells) else ""
                if cell and (cell in counter or len(counter) < 5 * MAX_WORDS):
                    counter[cell] += 1
    return counters


def _words_of(run: ImportRun, importer: Importer, name: str, field: Field, counter: Counter[str]) -> Words:
    if field.sort == "person":
        decided = run.options.get("people", {})
        known = Directory(actor_for(run), {}, run.source)
        rows = [
            {"word": word, "count": count, "choice": decided.get(word, "")}
            for word, count in counter.most_common(MAX_WORDS)
            if word in decided or not known.known(word)
        ]
        return Words(name, "person", str(field.label), rows)
    if field.sort == "stage":
        guesses = importer.guess("stage", list(counter), run.options)
        rows = [
            {"word": word, "count": count, "choice": guesses.get(word, "")}
            for word, count in counter.most_common(MAX_WORDS)
        ]
        return Words(name, "stage", str(field.label), rows)
    better = run.options.get("values", {}).get(name, {})
    few = len(counter) <= MAX_VALUES
    rows = [{"word": w, "count": n, "choice": better.get(w, "")} for w, n in sorted(counter.items())] if few else []
    return Words(name, "value", str(field.label), rows)


def undecided(run: ImportRun) -> bool:
    """Say whether somebody has to look at words before the check: unknown names, stages not yet matched."""
    stages = run.options.get("stages", {})
    for words in unknown_words(run):
        if words.sort == "person" and any(not row["choice"] for row in words.rows):
            return True
        if words.sort == "stage" and any(row["word"] not in stages for row in words.rows):
            return True
    return False
