"""Modules are joined for the browser: order, shared parts, and what cannot be joined."""

from pathlib import Path

import pytest
from django.conf import settings

from crm.kernel.core.scripts import CannotJoin, joined

FOLDER = Path(settings.BASE_DIR, "static", "js")
PARTS = {
    "app.js": 'import { a } from "./a.js";\nexport { a } from "./a.js";\nimport "./b.js";\nrun(a);\n',
    "a.js": "export const a = 1;\n",
    "b.js": 'import { a } from "./a.js";\nexport function b() {}\n',
    "page.js": 'import { a } from "./app.js";\nimport { c } from "./c.js";\nshow(a, c);\n',
    "c.js": 'import { a as x } from "./app.js";\nexport const c = 3;\n',
    "clash.js": 'import { a } from "./app.js";\nimport "./a.js";\n',
}


def test_parts_come_once_each_before_what_uses_them():
    assert joined("app.js", PARTS.__getitem__) == "const a = 1;\nfunction b() {}\nexport { a };\nrun(a);\n"


def test_a_page_keeps_its_import_of_what_all_pages_share():
    page = joined("page.js", PARTS.__getitem__)
    assert page == 'import { a, a as x } from "./app.js";\nconst c = 3;\nshow(a, c);\n'


def test_the_same_name_twice_is_refused():
    with pytest.raises(CannotJoin, match="both declare a"):
        joined("clash.js", PARTS.__getitem__)


def test_every_script_of_ours_can_be_joined_and_runs_no_shared_part_twice():
    """A page's module takes shared helpers from `app.js`, never from a part of it: that part would run twice."""
    texts = {path.name: path.read_text() for path in FOLDER.glob("*.js")}
    shared = {name for name in texts if f'"./{name}"' in texts["app.js"] or name in ("forms.js", "selection.js")}
    assert {"dom.js", "keys.js", "overlays.js"} <= shared
    for name, text in texts.items():
        assert joined(name, texts.__getitem__)
        if '"./app.js"' in text:
            assert not [part for part in shared if f'"./{part}"' in text], name
