"""Scripts joined: a module and the modules that it imports become one file, so that a first visit asks for few files.

In development and in most tests the browser loads the modules as they are written; `collectstatic` joins them
(`crm.kernel.core.staticfiles`). Nothing is compiled: lines of `import` go, `export` goes before what a part declares, and
all parts share one scope, in the order in which the browser would have run them. `app.js` is never joined into another
module: it runs once, whoever imports from it.
"""

import re
from collections.abc import Callable

SHARED = "app.js"

_IMPORT = re.compile(r'^import (?:(?P<names>\{[^}]*\}) from )?"\./(?P<part>[\w.-]+)";\n', re.MULTILINE)
_EXPORT_FROM = re.compile(r'^(export \{[^}]*\}) from "\./[\w.-]+";$', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:const|let|class|(?:async )?function) (\w+|\$\$?)", re.MULTILINE)


class CannotJoin(Exception):
    """Two parts of a script declare the same name, or one asks for what joined parts cannot give."""


def joined(entry: str, read: Callable[[str], str]) -> str:
    """Return one module that does what `entry` and all that it imports do; `read` gives a part's text by its name."""
    order: list[str] = []
    shared: set[str] = set()

    def visit(name: str) -> None:
        for found in _IMPORT.finditer(read(name)):
            part, names = found["part"], found["names"] or "{}"
            if part == SHARED and entry != SHARED:
                shared.update(each.strip() for each in names.strip("{}").split(",") if each.strip())
            elif part not in order:
                visit(part)
        if name not in order:
            order.append(name)

    visit(entry)
    _check_names(order, shared, read)
    head = [f'import {{ {", ".join(sorted(shared))} }} from "./{SHARED}";\n'] if shared else []
    return "".join(head + [_part(read(name), is_entry=name == entry) for name in order])


def _part(text: str, *, is_entry: bool) -> str:
    text = _IMPORT.sub("", text)
    if not is_entry:
        return re.sub(r"^export (?=const|let|class|async|function)", "", text, flags=re.MULTILINE)
    return _EXPORT_FROM.sub(r"\1;", text)


def _check_names(order: list[str], shared: set[str], read: Callable[[str], str]) -> None:
    """Refuse parts that would meet in one scope under one name."""
    owners = dict.fromkeys(shared, SHARED)
    for name in order:
        for declared in _DECLARED.findall(read(name)):
            if declared in owners:
                raise CannotJoin(f"{name} and {owners[declared]} both declare {declared}")
            owners[declared] = name
