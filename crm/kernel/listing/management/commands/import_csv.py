"""`manage.py import_csv`: the import of the pages, from the shell."""

import sys
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import services
from crm.kernel.listing.imports.engine import perform
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.plan_fields import declared
from crm.kernel.listing.imports.plans import carry_out, load_plan, prepare
from crm.kernel.listing.imports.registry import importers
from crm.kernel.users.models import User


class Command(BaseCommand):
    """Import one file, or the files of a folder by a plan."""

    help = (
        "Import a CSV file (import_csv contacts people.csv) or the files of a folder by a plan"
        " (import_csv --plan plan.yaml folder). See docs/import/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("target", nargs="+", metavar="KIND FILE | DIR", help="what is imported from where")
        parser.add_argument("--plan", type=Path, help="a plan; then the one argument is the folder of its files")
        parser.add_argument(
            "--mapping", help='columns as YAML: "{E-mail: email, Name: full_name}"; guessed if left out'
        )
        parser.add_argument("--mode", choices=ImportRun.Mode.values, help="upsert unless given")
        parser.add_argument("--overwrite", action="store_true", help="overwrite filled values of known records")
        parser.add_argument("--source", help="where the file comes from; with the ids in it, it marks the records")
        parser.add_argument("--dry-run", action="store_true", help="check only: nothing is written")
        parser.add_argument("--as", dest="person", help="e-mail of the person who imports; an admin unless given")
        parser.add_argument(
            "--resume", action="store_true", help="go on with the last import of the file that was cut off"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it; what a person did wrong is said in one line."""
        try:
            actor = Actor.of(self._person(options["person"]), source="command")
            if options["plan"] is not None:
                self._plan(actor, options)
            else:
                self._file(actor, options)
        except (Refused, PermissionDenied, OSError) as refused:
            raise CommandError(str(refused)) from refused

    def _person(self, email: str | None) -> User:
        people = User.objects.active().select_related("role", "team")
        if email:
            person = people.filter(email=email.lower()).first()
        else:
            person = next((each for each in people.order_by("created_at") if each.may("settings")), None)
        if person is None:
            raise CommandError("There is no such active person. Name one with --as EMAIL.")
        return person

    def _plan(self, actor: Actor, options: dict[str, Any]) -> None:
        [folder] = options["target"] if len(options["target"]) == 1 else [None]
        if folder is None or not Path(folder).is_dir():
            raise CommandError("With --plan, give the folder of its files.")
        plan = load_plan(options["plan"])
        dry = options["dry_run"]
        with declared(plan.fields, Path(folder), actor, dry=dry):
            for planned in plan.files:
                run = prepare(planned, Path(folder), actor)
                self._report(carry_out(run, actor, dry=dry), dry=dry)

    def _file(self, actor: Actor, options: dict[str, Any]) -> None:
        if len(options["target"]) != 2:
            raise CommandError("Give a kind and a file, or --plan and a folder.")
        kind, path = options["target"]
        kinds = {word: each.kind for each in importers() for word in (each.kind, str(each.one))}
        if kind not in kinds:
            raise CommandError(f"There is no kind {kind}. There are: {', '.join(each.kind for each in importers())}.")
        if options["resume"]:
            self._resume(actor, kinds[kind], Path(path))
            return
        run = services.receive_path(actor=actor, kind=kinds[kind], path=Path(path))
        settings = {name: options[name] for name in ("mode", "source") if options[name]}
        settings["overwrite"] = options["overwrite"]
        mapping = self._mapping(options["mapping"], run) if options["mapping"] else run.mapping
        run = services.save_columns(actor=actor, run_id=run.pk, mapping=mapping, settings=settings)
        self._report(carry_out(run, actor, dry=options["dry_run"]), dry=options["dry_run"])

    def _mapping(self, text: str, run: ImportRun) -> list[list[str]]:
        columns = yaml.safe_load(text)
        if not isinstance(columns, dict) or (missing := set(columns) - set(run.header)):
            raise CommandError(f"The mapping names columns that are not there: {', '.join(sorted(missing))}")
        planned = {name: [each] if isinstance(each, str) else list(each or ()) for name, each in columns.items()}
        return [planned.get(name, []) for name in run.header]

    def _resume(self, actor: Actor, kind: str, path: Path) -> None:
        cut = (ImportRun.State.STOPPED, ImportRun.State.FAILED, ImportRun.State.RUNNING)
        runs = ImportRun.objects.visible_to(actor).filter(kind=kind, file_name=path.name, state__in=cut)
        run = runs.order_by("-created_at").first()
        if run is None:
            raise CommandError("There is no import of this file that was cut off.")
        if run.state != ImportRun.State.RUNNING:
            services.resume_import(actor=actor, run_id=run.pk)
            run.refresh_from_db()
        perform(run)
        self._report(run, dry=False)

    def _report(self, run: ImportRun, *, dry: bool) -> None:
        """Say what became of the rows; end with an error if the file failed as a whole."""
        counts = {name: run.count(name) for name in ("created", "updated", "unchanged", "skipped", "errors")}
        words = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"
        self.stdout.write(f"{run.file_name}: {words}{' (dry run)' if dry else ''}")
        problems = run.problems.filter(phase="check" if dry else "run").order_by("row", "id")
        for problem in problems.filter(refused=True)[:20]:
            column = f" {problem.column}:" if problem.column else ""
            self.stderr.write(f"  row {problem.row}:{column} {problem.message}")
        if run.state == ImportRun.State.FAILED:
            self.stderr.write(run.error)
            sys.exit(1)
