"""What no template may hold: inline scripts and styles, unknown icons, names of addresses that nobody serves."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver

from crm.kernel.core import navigation

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = [
    path
    for folder in ("crm", "contacts", "deals", "activities", "workflows")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
]
SPRITE = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / "icons.svg").read_text()))

FORBIDDEN = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style[\s>]",
    "a script of its own": r"<script(?![^>]*\ssrc=)[\s>]",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"\shx-on[:\s=-]",
    "js: values": r"hx-(vals|headers|request)\s*=\s*[\"'](js|javascript):",
    "a javascript address": r"(href|action|src)\s*=\s*[\"']javascript:",
    "a filter in hx-trigger": r"hx-trigger\s*=\s*\"[^\"]*\[",
    "a file from elsewhere": r"<(script|link|img)[^>]*(src|href)\s*=\s*[\"'](https?:)?//",
    "a dead link": r"href\s*=\s*[\"']#[\"']",
}


def without_comments(path: Path) -> str:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what):
    # mails are read where there is neither our style sheet nor our policy
    found = [
        f"{named(path)}: {match.group(0)[:80]}"
        for path in TEMPLATES
        if "emails" not in path.parts
        for match in re.finditer(FORBIDDEN[what], without_comments(path), re.IGNORECASE)
    ]
    assert not found, "\n".join(found)


def test_every_icon_is_in_the_sprite():
    used = {
        (name, named(path))
        for path in TEMPLATES
        for name in re.findall(r"\{%\s*icon\s+[\"']([^\"']+)[\"']|icons?\.svg#([a-z0-9-]+)", without_comments(path))
        for name in filter(None, name)
    }
    used |= {
        (name, named(path))
        for path in SOURCES
        for name in re.findall(r"icon_html\(\s*[\"']([a-z0-9-]+)[\"']", path.read_text())
    }
    unknown = sorted((name, place) for name, place in used if name not in SPRITE)
    assert not unknown, unknown


def test_every_icon_of_a_menu_is_in_the_sprite():
    menus = (navigation.main, navigation.creation, navigation.settings_pages)
    unknown = [item.key for menu in menus for item in menu.items() if item.icon not in SPRITE]
    assert not unknown


def test_the_sprite_is_sorted_and_has_no_doubles():
    ids = re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / "icons.svg").read_text())
    assert ids == sorted(set(ids))


def names_of_addresses(patterns, namespace="") -> set[str]:
    names: set[str] = set()
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            names |= names_of_addresses(pattern.url_patterns, inner)
        elif pattern.name:
            names.add(namespace + pattern.name)
    return names


def test_every_address_in_a_template_is_served():
    known = names_of_addresses(get_resolver().url_patterns)
    # `{% url 'x' as y %}` may find nothing: that is how a template asks whether a page exists
    unknown = sorted(
        f"{named(path)}: {name}"
        for path in TEMPLATES
        for name, rest in re.findall(r"\{%\s*url\s+[\"']([^\"']+)[\"']([^%]*)%\}", without_comments(path))
        if name not in known and " as " not in rest
    )
    assert not unknown, "\n".join(unknown)


def test_every_template_compiles():
    for path in TEMPLATES:
        get_template(str(path.relative_to(ROOT / "templates")))


def test_hx_targets_of_the_frame_exist():
    frame = (ROOT / "templates" / "components" / "overlays.html").read_text()
    for name in ("modal-body", "drawer-body", "palette-list"):
        assert f'id="{name}"' in frame


TYPED = r"<input(?![^>]*type=\"(?:hidden|checkbox|radio|range|file)\")|\{% field |_form_fields|components/form_fields"
SUBMITS = r"<button[^>]*type=\"submit\"[^>]*>|\{% include \"components/enter\.html\""


def whole(path: Path, depth: int = 0) -> str:
    """The text of a template with what it includes and its own parts in their places."""
    text = without_comments(path)
    parts = dict(re.findall(r"\{% partialdef (\w+)(?: inline)? %\}(.*?)\{% endpartialdef %\}", text, re.DOTALL))
    text = re.sub(r"\{% partial (\w+) %\}", lambda found: parts.get(found[1], ""), text)
    text = re.sub(r"\{% partial (\w+) %\}", lambda found: parts.get(found[1], ""), text)

    def included(found: "re.Match[str]") -> str:
        other = ROOT / "templates" / found[1]
        expand = depth < 3 and "enter.html" not in found[1] and other.exists()
        return found[0] + (whole(other, depth + 1) if expand else "")

    return re.sub(r"\{% include \"([^\"]+)\"[^%]*%\}", included, text)


def test_enter_in_a_field_presses_the_main_button():
    """Browsers press the first button of a form upon Enter, which must not be "remove", "as usual" or "move up"."""
    wrong = []
    for path in TEMPLATES:
        for form in re.findall(r"<form\b.*?</form>", whole(path), re.DOTALL):
            buttons = re.findall(SUBMITS, form)
            if len(buttons) < 2 or not re.search(TYPED, form):
                continue
            main = [each for each in buttons if "btn-primary" in each or "btn-danger" in each]
            if main and "enter.html" not in buttons[0] and "sr-only" not in buttons[0] and buttons[0] not in main:
                wrong.append(f"{named(path)}: {buttons[0][:100]}")
    assert not wrong, "\n".join(wrong)
