"""The parts of the suite: each measures, prints its lines and keeps its figures."""

import argparse
from pathlib import Path

from django.db import connection

from . import counts, imports, lists, pages, reports, stack
from .client import Person, cookies_of
from .copies import copied, in_child
from .dress import dress
from .measure import load, ratio, run_rounds
from .report import Line, keep, known, print_lines
from .server import serving

BOARD_BYTES = (200_000, 120_000)


def measure_pages(options: argparse.Namespace, var: Path) -> None:
    """Time all pages against their floors, and weigh the board."""
    records = pages.choose_records()
    pages.fill_ordinary(records.ordinary)
    cases = pages.cases(records)
    cookies = {who: cookies_of(email) for who, email in pages.EMAILS.items()}
    connection.close()
    with serving() as port:
        people = {who: Person(port, each) for who, each in cookies.items()}
        run_rounds(cases, people, rounds=options.rounds, requests=options.requests)
        board = len(people["admin"].get("/deals/board/").body)
    by_name = {case.name: case for case in cases}
    lines = [Line(case.name, case.p50, 0, 0, "ms") for case in cases if not case.floor]
    for case in cases:
        if case.floor:
            detail = f"{case.p50:.1f} ms over {by_name[case.floor].p50:.1f} ms"
            lines.append(
                Line(f"{case.name} / {case.floor}", ratio(case, by_name[case.floor]), case.must, case.aim, "x", detail)
            )
    lines.append(Line("board, HTML", board / 1000, BOARD_BYTES[0] / 1000, BOARD_BYTES[1] / 1000, "kB"))
    print_lines(f"Pages, {options.size} (p50 of {options.rounds} rounds of {options.requests}; load {load()})", lines)
    figures = {case.name: {"ms": case.p50, "rounds": case.rounds} for case in cases}
    keep(options.size, "pages", {"cases": figures, "board_bytes": board, "load": load()})
    _compare_sizes()


def _compare_sizes() -> None:
    """Print how the pages of the huge workspace compare with those of the large one, if both are measured.

    The two were measured at different moments, so each page is taken in units of F(list) of its own run.
    """
    large, huge = (known(size).get("pages", {}).get("cases", {}) for size in ("large", "huge"))
    if not large or not huge:
        return
    machine = huge["F(list)"]["ms"] / large["F(list)"]["ms"]
    lines = []
    for name in sorted(set(large) & set(huge)):
        if not name.startswith("F("):
            before, after = large[name]["ms"], huge[name]["ms"]
            lines.append(Line(name, after / before / machine, 1.3, 1.1, "x", f"{before:.1f} -> {after:.1f} ms"))
    print_lines(f"Huge / large (in units of F(list), which itself changed by {machine:.2f})", lines)


def measure_lists(options: argparse.Namespace, var: Path) -> None:
    """Time lists in all their orders and filters, and the global search."""
    dress()
    found = list(lists.cases())
    cookies = {who: cookies_of(email) for who, email in lists.PEOPLE.items()}
    connection.close()
    with serving() as port:
        people = {who: Person(port, each) for who, each in cookies.items()}
        run_rounds(found, people, rounds=options.rounds, requests=max(options.requests // 3, 5), warm=2)
    by_name = {case.name: case for case in found}
    lines = []
    for case in found[1:]:
        detail = f"{case.p50:.1f} ms over {by_name[case.floor].p50:.1f} ms"
        lines.append(
            Line(f"{case.name} / {case.floor}", ratio(case, by_name[case.floor]), case.must, case.aim, "x", detail)
        )
    print_lines(f"Lists, {options.size} (load {load()})", lines)
    keep(options.size, "lists", {case.name: {"ms": case.p50, "rounds": case.rounds} for case in found})


def measure_reports(options: argparse.Namespace, var: Path) -> None:
    """Time the overview and every report; a report may take three times F(list) and its raw SQL together."""
    found, raw = list(reports.cases()), reports.raw_seconds() * 1000
    cookies = cookies_of(pages.EMAILS["admin"])
    connection.close()
    with serving() as port:
        people = {"admin": Person(port, cookies)}
        run_rounds(found, people, rounds=options.rounds, requests=max(options.requests // 3, 5), warm=2)
    floor = found[0]
    more = (floor.p50 + raw) / floor.p50
    lines = [Line("raw SQL of the relation of deals", raw, 0, 0, "ms"), Line("F(list)", floor.p50, 0, 0, "ms")]
    for case in found[1:]:
        widen = more if case.name.startswith("report ") else 1
        detail = f"{case.p50:.1f} ms over {floor.p50:.1f} ms"
        lines.append(
            Line(f"{case.name} / F(list)", ratio(case, floor), case.must * widen, case.aim * widen, "x", detail)
        )
    print_lines(f"Reports, {options.size} (load {load()})", lines)
    keep(options.size, "reports", {case.name: {"ms": case.p50, "rounds": case.rounds} for case in found})


def measure_counts(options: argparse.Namespace, var: Path) -> None:
    """Count the SQL statements of pages."""
    found = counts.statement_counts(pages.choose_records())
    lines = [Line(name, number, counts.LIMITS[name][0], counts.LIMITS[name][1], "") for name, number in found.items()]
    print_lines(f"SQL statements, {options.size}", lines)
    keep(options.size, "counts", found)
    large, huge = (known(size).get("counts", {}) for size in ("large", "huge"))
    if large and huge:
        different = [name for name in found if large.get(name) != huge.get(name)]
        print(f"  large and huge: {'equal' if not different else 'DIFFERENT: ' + ', '.join(different)}")


def measure_throughput(options: argparse.Namespace, var: Path) -> None:
    """Ask from eight clients at once."""
    cookies = cookies_of(pages.EMAILS["admin"])
    connection.close()
    rates: dict[str, list[float]] = {"/bench/list/": [], "/contacts/": []}
    with serving() as port:
        for path in rates:
            stack.requests_per_second(port, cookies, path, seconds=1)
        for _ in range(options.rounds):
            for path, found in rates.items():
                found.append(stack.requests_per_second(port, cookies, path))
    best = {path: sorted(found)[len(found) // 2] for path, found in rates.items()}
    share = best["/contacts/"] / best["/bench/list/"]
    detail = f"{best['/contacts/']:.0f} a second, floor {best['/bench/list/']:.0f}"
    print_lines("Eight clients", [Line("contact list / F(list)", share, 0.4, 0.6, "x", detail, higher=True)])
    keep(options.size, "throughput", {"ratio": share, "per_second": best})


def measure_imports(options: argparse.Namespace, var: Path) -> None:
    """Time the import of 10,000 contacts against raw SQL, and watch the memory while importing 100,000."""
    figures = imports.measure(var, rounds=options.rounds)
    share = figures["s_seconds"] / figures["import_seconds"]
    detail = f"{10_000 / figures['import_seconds']:.0f} rows/s, S {10_000 / figures['s_seconds']:.0f} rows/s"
    grown = Line("memory grown by 100,000 rows", figures["grown_mib"], 64, 32, "MiB", f"{figures['big_seconds']:.1f} s")
    print_lines("Import", [Line("10,000 contacts, share of S", share, 0.4, 0.7, "x", detail, higher=True), grown])
    keep(options.size, "import", figures)


def measure_bulk(options: argparse.Namespace, var: Path) -> None:
    """Time bulk actions on ten thousand contacts."""
    with copied():
        found = in_child("bench.working", "bulk")
    lines = [
        Line(
            f"bulk {action}",
            of["per_second"],
            3000,
            6000,
            "/s",
            f"{of['records']} in {of['seconds']:.1f} s",
            higher=True,
        )
        for action, of in found.items()
    ]
    print_lines(f"Bulk, {options.size} (load {load()})", lines)
    keep(options.size, "bulk", found)


def measure_export(options: argparse.Namespace, var: Path) -> None:
    """Time the export of all contacts, and watch its memory."""
    with copied():
        found = in_child("bench.working", "export")
    lines = []
    for name in ("columns", "fields"):
        of = found[name]
        detail = f"{of['rows']} in {of['seconds']:.1f} s, {of['bytes'] / 1e6:.0f} MB"
        lines.append(Line(f"export, {name}", of["per_second"], 20_000, 40_000, "/s", detail, higher=True))
        lines.append(Line(f"export, {name}, memory grown", of["grown_mib"], 64, 32, "MiB"))
    print_lines(f"Export, {options.size} (load {load()})", lines)
    keep(options.size, "export", found)


def measure_duplicates(options: argparse.Namespace, var: Path) -> None:
    """Time the scan of all contacts for duplicates, and watch its memory."""
    with copied():
        found = in_child("bench.working", "duplicates")
    lines = [
        Line("scan of all contacts", found["seconds"], 900, 450, "s", f"{found['found']} pairs"),
        Line("scan, memory of the worker", found["peak_mib"], 1024, 512, "MiB"),
    ]
    print_lines(f"Duplicates, {options.size} (load {load()})", lines)
    keep(options.size, "duplicates", found)


def measure_rules(options: argparse.Namespace, var: Path) -> None:
    """Time rules from an event to its effect, the look at what is due, and a dry run."""
    with copied():
        found = in_child("bench.rules")
    of = f"{found['moves']} in {found['seconds']:.1f} s; 20 rules, one makes a task"
    lines = [
        Line("events through the rules", found["per_second"], 300, 1000, "/s", of, higher=True),
        Line("bare outbox, one by one", found["bare_singly"], 0, 0, "/s"),
        Line("bare outbox, in hundreds", found["bare_together"], 0, 0, "/s"),
        Line("bare outbox / rules", found["bare_singly"] / found["per_second"], 0, 0, "x"),
        *(Line(f"move to task at rest, {broker}", each, 1, 0.5, "s") for broker, each in found["delays"].items()),
        Line("look for idle deals / raw SQL", found["look"] / found["raw"], 3, 2, "x", f"{found['waiting']} waiting"),
        Line("dry run of 30 days", found["dry_seconds"], 60, 30, "s", f"{found['dry_events']} events"),
    ]
    print_lines(f"Rules, {options.size} (load {load()})", lines)
    keep(options.size, "rules", found)


def measure_memory(options: argparse.Namespace, var: Path) -> None:
    """Weigh the whole stack at rest."""
    cookies = cookies_of(pages.EMAILS["admin"])
    connection.close()
    connection.close_pool()
    from crm.kernel.core.postgres.base import embedded_server

    embedded_server().stop()
    found = stack.memory_at_rest(var, cookies, ["/", "/contacts/", "/deals/board/", "/tasks/"])
    detail = f"database {found['database']:.0f}, the rest {found['web, worker, beat']:.0f}"
    print_lines("Memory", [Line("whole stack at rest, PSS", found["all"], 450, 350, "MiB", detail)])
    keep(options.size, "memory", found)


def measure_start(options: argparse.Namespace, var: Path) -> None:
    """Time the first and a later start of a fresh clone."""
    found = stack.start_times()
    lines = [Line("fresh clone", found["fresh"], 90, 45, "s"), Line("later start", found["later"], 6, 3, "s")]
    print_lines("Start", lines)
    keep(options.size, "start", found)
