"""Every command can be undone, and a test proves it; what cannot be undone is named here with the reason (H2)."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from tests.audit.operations import OPERATIONS
from tests.audit.sequences import OPS

ROOT = Path(__file__).resolve().parents[2]
APPS = ("crm", "contacts", "deals", "activities", "workflows")

# Commands that no undo takes back.
NOT_UNDONE = {
    "contacts.erase": "erasing a person is for good: the law wants it so",
    "contacts.request_erasure": "asks for an erasure, which the page can no longer call back once it runs",
    "contacts.archive": "writes a file for whoever asked for it, which expires; no record changes",
    "duplicates.scan": "looks for pairs, which are derived; the run has a Stop of its own",
    "duplicates.stop_scan": "steers a run; Resume is its opposite",
    "duplicates.resume_scan": "steers a run; Stop is its opposite",
    "fields.stop": "steers a run; Resume is its opposite",
    "fields.resume": "steers a run; what it writes belongs to the change-set of the command that began it",
    "forecasts.freeze": "a frozen forecast is never changed: that is what it is for",
    "bulk.stop": "steers a run; Resume is its opposite",
    "bulk.resume": "steers a run; what it writes belongs to the change-set that is undone as a whole",
    "records.purge": "what was purged is gone for good (R8), after a question that asks for the number",
    "purge.begin": "begins a run, which can be stopped; what it removes is gone for good",
    "purge.stop": "steers a run; Resume is its opposite",
    "purge.resume": "steers a run; Stop is its opposite",
    "exports.begin": "writes a file for whoever asked for it, which expires; no record changes",
    "exports.stop": "steers a run; Restart is its opposite",
    "exports.restart": "steers a run; Stop is its opposite",
    "imports.receive": "keeps an uploaded file; Discard is its opposite",
    "imports.format": "prepares a run; nothing is imported yet",
    "imports.columns": "prepares a run; nothing is imported yet",
    "imports.check": "counts what an import would do; no record changes",
    "imports.stop": "steers a run; Resume is its opposite",
    "imports.resume": "steers a run; what it writes belongs to the change-set that is undone as a whole",
    "imports.undo": "hands the undo of an import to the worker: a change-set `audit.undo`, undone as any other",
    "imports.discard": "throws an uploaded file away of which nothing was imported, after a question",
    "webhooks.queue": "stops what has not gone out and says what has: proved in webhooks/test_deliver.py",
    "webhooks.redeliver": "steers a delivery; Stop is its opposite",
    "webhooks.cancel": "steers a delivery; Send again is its opposite",
    "webhooks.rotate": "a secret that was shown cannot be unshown; another rotation is its opposite",
    "mail.send": "stops what has not gone out and says what has: proved in mail/test_send.py; a mail cannot be unsent",
    "mail.test": "a mail to oneself; stopped like any other while it waits",
    "mail.retry": "steers a mail; Stop is its opposite",
    "mail.unsubscribe": "what a reader outside has said; lifting the block is its opposite",
    "mail.resubscribe": "what a reader outside has said; blocking the address is its opposite",
    "notifications.read": "a mark of one's own bell; no business row",
    "rules.start": "starts a run; what that does is a change-set of its own, undone as any other",
    "rules.try": "looks at what has happened; no record changes, and the dry run has a Stop of its own",
    "rules.try_stop": "steers a dry run; asking for it again is its opposite",
    "runs.retry": "steers runs; Dismiss is its opposite",
    "runs.dismiss": "ends runs, which are no business rows; what they did is undone by their own change-sets",
    "users.renew_invitation": "a link that was sent cannot be unsent; Cancel ends it",
    "users.cancel_invitation": "the key of the link is gone for good; a new invitation is its opposite",
    "users.accept_invitation": "sets a password, of which no history is kept",
    "users.end_sessions": "who is signed out signs in again",
    "users.set_up": "makes the workspace itself",
}  # fmt: skip


def commands() -> dict[str, set[str]]:
    """Return the services of the product by the name of their command, read from the source."""
    found: dict[str, set[str]] = {}
    for path in (file for app in APPS for file in (ROOT / app).rglob("*.py")):
        text = path.read_text()
        if "@command(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            for each in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "command":
                    found.setdefault(ast.literal_eval(each.args[0]), set()).add(node.name)
    return found


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the names that a function uses, those of functions within it too."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from names_in(each)


COMMANDS = commands()
USED = {name for example in (*OPS.values(), *OPERATIONS.values()) for name in names_in(example.__code__)}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_command_is_undone_in_a_test_or_named_as_one_that_is_not(command):
    # The property tests undo random sequences of OPS, `test_undo_each` each of OPERATIONS; both compare all tables.
    proved = command in OPERATIONS or bool(COMMANDS[command] & USED)
    assert proved or command in NOT_UNDONE, f"nothing proves that {command} can be undone: add an example (H2)"


def test_every_exception_is_a_command():
    assert NOT_UNDONE.keys() <= COMMANDS.keys()
    assert not NOT_UNDONE.keys() & OPERATIONS.keys()
