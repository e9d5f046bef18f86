"""HTML that people give us for mails: cleaned before it is stored, and told as plain text for those who read that."""

import re
from html import unescape
from html.parser import HTMLParser

import nh3
from django.utils.translation import gettext as _

from crm.kernel.core.errors import Refused

MOST_DEPTH = 60  # the cleaner takes time with the square of the nesting

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em",
    "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
SIZES = {"align", "valign", "width", "height", "bgcolor", "border", "cellpadding", "cellspacing", "colspan", "rowspan"}
ATTRIBUTES = {
    "*": {"style", "align", "dir", "lang", "title"},
    "a": {"href", "target"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "face", "size"},
    **dict.fromkeys(("table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup"), SIZES),
}
STYLES = {
    "background", "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-top", "color", "display", "font", "font-family", "font-size",
    "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "text-transform", "vertical-align", "white-space",
    "width",
}  # fmt: skip
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SCHEMES = {"http", "https", "mailto", "tel"}
# A field may stand where an address does; the braces must outlive the cleaner.
FIELD_IN_ADDRESS = re.compile(r"%7B%7B(.*?)%7D%7D", re.IGNORECASE)


class _Depth(HTMLParser):
    """Measures how deeply tags are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.now += 1
            self.deepest = max(self.deepest, self.now)

    def handle_endtag(self, tag: str) -> None:
        self.now = max(self.now - 1, 0)


def clean_html(html: str) -> str:
    """Return HTML without scripts, forms, frames, foreign attributes and addresses that are no links.

    Raises Refused for a nesting that no mail needs.
    """
    depth = _Depth()
    depth.feed(html)
    if depth.deepest > MOST_DEPTH:
        words = _("The HTML is nested too deeply.")
        raise Refused(words, fields={"html": words})
    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        filter_style_properties=STYLES,
        strip_comments=True,
    )
    cleaned = FIELD_IN_ADDRESS.sub(lambda found: "{{" + unescape(found[1]).replace("%20", " ") + "}}", cleaned)
    return cleaned.strip()


class _Words(HTMLParser):
    """Collects the words of HTML: a line per block, links with their address."""

    BLOCKS = {"p", "div", "br", "tr", "li", "table", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.pieces.append("\n")
        if tag == "li":
            self.pieces.append("- ")
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "table", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"):
            self.pieces.append("\n")
        if tag == "a" and self.links:
            link = self.links.pop()
            if link and not "".join(self.pieces).endswith(link):
                self.pieces.append(f" ({link})")

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"\s+", " ", data))


def text_of(html: str) -> str:
    """Return what HTML says in plain text, with the addresses of its links."""
    words = _Words()
    words.feed(html)
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(words.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
