"""Rules from the command line: check them, try them on what has happened, take them out and bring them in (W1, W7)."""

import datetime as dt
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User
from workflows.dryrun import dry_run
from workflows.dryrun.results import REASONS
from workflows.models import Rule
from workflows.services import check_rule, publish_rule
from workflows.yamls import check, export_rules, import_rules


class Command(BaseCommand):
    """`rules check|test|export|import`."""

    help = "Check, try, export and import automation rules."

    def add_arguments(self, parser: Any) -> None:
        commands = parser.add_subparsers(dest="do", required=True)
        one = commands.add_parser(
            "check", help="say what is wrong with rules: those of FILEs, else all in the workspace"
        )
        one.add_argument("files", nargs="*", metavar="FILE")
        one.add_argument("--as", dest="person", default="", metavar="EMAIL", help="whose rules those of files would be")
        test = commands.add_parser("test", help="a dry run of a rule over the last days; nothing is written")
        test.add_argument("rule", metavar="NAME")
        test.add_argument("--days", type=int, default=30)
        test.add_argument("--published", action="store_true", help="the published version, not the draft")
        out = commands.add_parser("export", help="write rules as YAML, all unless named")
        out.add_argument("names", nargs="*", metavar="NAME")
        out.add_argument("--to", default="-", metavar="FILE")
        bring = commands.add_parser("import", help="make or change drafts from YAML")
        bring.add_argument("files", nargs="+", metavar="FILE")
        bring.add_argument("--as", dest="person", required=True, metavar="EMAIL")
        bring.add_argument("--publish", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"check": self.check_rules, "test": self.test, "export": self.export, "import": self.bring}[options["do"]](
                options
            )
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def check_rules(self, options: dict[str, Any]) -> None:
        """Print each problem; end with an error if there is any."""
        bad = 0
        if options["files"]:
            actor = person_named(options["person"])
            for name in options["files"]:
                for rule, problems in check(read(name), actor):
                    bad += bool(problems)
                    for each in problems:
                        self.stdout.write(f"{name}:{rule.line}: {rule.name}: {each.words}")
        else:
            for rule in Rule.objects.select_related("current", "owner__role", "owner__team"):
                found = check_rule(rule).problems
                bad += bool(found)
                for each in found:
                    self.stdout.write(f"{rule.name}: {each.words}")
        if bad:
            raise CommandError(f"{bad} rules cannot work.")
        self.stdout.write("All rules can work.")

    def test(self, options: dict[str, Any]) -> None:
        """Print what a rule would have done."""
        rule = rule_named(options["rule"])
        until = timezone.now()
        version = rule.current if options["published"] else rule.latest
        result = dry_run(rule=rule, version=version, since=until - dt.timedelta(days=options["days"]), until=until)
        for match in result.matches:
            self.stdout.write(f"{match.at:%Y-%m-%d %H:%M} {match.record_kind} {match.record_id}")
            for step in match.steps:
                self.stdout.write(f"    {'+' if step.done else '-'} {step.words}")
        for why, count in result.reasons.most_common():
            self.stdout.write(f"{count} times not: {REASONS[why]}")
        for name in result.sets_off:
            self.stdout.write(f"may set off: {name}")
        self.stdout.write(f"{len(result.matches)} of {result.looked_at} times it would have run; nothing was written.")

    def export(self, options: dict[str, Any]) -> None:
        """Write rules as text."""
        rules = [rule_named(each) for each in options["names"]] or list(
            Rule.objects.select_related("current", "owner__role")
        )
        text = export_rules(rules)
        if options["to"] == "-":
            self.stdout.write(text)
        else:
            Path(options["to"]).write_text(text, encoding="utf-8")

    def bring(self, options: dict[str, Any]) -> None:
        """Make or change drafts, and publish them if asked to."""
        actor = person_named(options["person"])
        for name in options["files"]:
            for rule in import_rules(text=read(name), actor=actor):
                if options["publish"]:
                    publish_rule(rule_id=rule.pk, actor=actor)
                self.stdout.write(f"{'published' if options['publish'] else 'draft'}: {rule.name}")


def read(name: str) -> str:
    """Return the text of a file, `-` is the standard input."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name}: {error}") from error


def rule_named(name: str) -> Rule:
    """Return the rule of a name."""
    rule = Rule.objects.select_related("current", "owner__role", "owner__team").filter(name__iexact=name).first()
    if rule is None:
        raise CommandError(f"There is no rule “{name}”.")
    return rule


def person_named(email: str) -> Actor:
    """Return the actor of a person by e-mail address."""
    person = User.objects.active().select_related("role", "team").filter(email=email.lower()).first()
    if person is None:
        raise CommandError(f"There is nobody with the address “{email}” who can log in (--as).")
    return Actor.of(person, source="command")
