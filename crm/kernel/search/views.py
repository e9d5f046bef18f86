"""The search page, the palette, and stars."""

from typing import Any
from uuid import UUID
from zlib import crc32

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core import navigation
from crm.kernel.core.htmx import is_fragment, page_or_fragment
from crm.kernel.core.http import Request

from .engine import Found, Searchable
from .language import Query, clean, parse
from .registry import kind_named, kinds, named_hits
from .results import (
    Group,
    address,
    any_hits,
    groups_of,
    items,
    list_url,
    search_all,
    search_kinds,
    search_misspelt,
)
from .services import favourite_marks, recent_marks, toggle_favourite

ROWS = {"results": "results", "search-more": "more"}
# Rows of a kind: in the palette, on the page of all kinds, on the page of one.
FEW, SOME, MANY = 5, 6, 50


@login_required
@require_safe
def palette(request: Request) -> HttpResponse:
    """Answer the palette: records, pages and commands for `?q=`; what was opened lately and starred without."""
    typed = clean(request.GET.get("q", ""))
    only_commands = typed.startswith(">")
    text = typed.removeprefix(">").strip()
    groups: list[Group] = []
    if not only_commands:
        query = parse(text)
        groups = _few(request, query) if not query.empty else [] if text else _known(request)
    groups += _commands(request, text, all_of_them=only_commands or not text)
    return render(request, "search/palette.html", {"groups": [g for g in groups if g.items], "query": text})


def _few(request: Request, query: Query) -> list[Group]:
    """Return the best people, companies and deals; notes, tasks and similar spellings only where there are none."""
    found = search_kinds(request.actor, query, FEW, late=False)
    return groups_of(found if any_hits(found) and not query.types else search_all(request.actor, query, FEW), query)


def _known(request: Request) -> list[Group]:
    """Return what the person opened lately and starred, as far as they may still see it."""
    starred = favourite_marks(request.user, 8)
    recent = [mark for mark in recent_marks(request.user, 12) if mark not in starred][:6]
    hits = named_hits(request.actor, [*recent, *starred])
    marked = set(starred)
    return [
        Group(_("Recently opened"), items([hit for hit in hits if (hit.kind, hit.pk) not in marked])),
        Group(_("Favourites"), items([hit for hit in hits if (hit.kind, hit.pk) in marked])),
    ]


def _commands(request: Request, text: str, *, all_of_them: bool) -> list[Group]:
    """Return commands and pages whose words hold the typed ones; without any, all of them."""
    user = request.user
    do = [(item, _("New: %(kind)s") % {"kind": item.label}) for item in navigation.creation.for_user(user)]
    go = [(item, str(item.label)) for item in navigation.main.for_user(user)]
    go += [(item, str(item.label)) for item in navigation.shortcuts.for_user(user)]
    go += [(item, _("Settings: %(page)s") % {"page": item.label}) for item in navigation.settings_pages.for_user(user)]
    parts = text.casefold().split()
    groups = []
    for label, entries in ((_("Do"), do), (_("Go to"), go)):
        found = [
            {
                "title": words,
                "title_html": words,
                "url": item.url,
                "icon": item.icon,
                "dialog": item.dialog,
                "shortcut": f"G {item.shortcut}" if item.shortcut else "",
            }
            for item, words in entries
            if all(part in words.casefold() for part in parts)
        ]
        groups.append(Group(label, found if all_of_them else found[:6]))
    return groups


@login_required
@require_safe
def search(request: Request) -> HttpResponse:
    """The search page: the best of every kind, or with `?type=` one kind page by page.

    Activities, tasks and similar spellings follow in a second request (`late`); without scripts a link (`all`) leads there.
    """
    query = parse(request.GET.get("q", ""))
    kind = kind_named(request.GET.get("type", ""))
    if query.empty:
        context: dict[str, Any] = {"groups": [] if query.typed else [g for g in _known(request) if g.items]}
    elif kind is not None:
        context = _page(request, query, kind) | {"tabs": _tabs(query, kind, {})}
    elif "late" in request.GET and is_fragment(request):
        context = _late(request, query, nothing_yet=request.GET["late"] == "first")
    else:
        context = _results(request, query, everything="all" in request.GET)
    context |= {"query": query, "kind": kind, "simpler": _simpler(query), "operators": _hints()}
    template = "search/search.html#late" if "late" in context else page_or_fragment(request, "search/search.html", ROWS)
    return render(request, template, context)


def _results(request: Request, query: Query, *, everything: bool) -> dict[str, Any]:
    """Return what is shown at once, and the address of what follows."""
    if everything:
        found = search_all(request.actor, query, SOME)
        return _shown(found, query)
    found = search_kinds(request.actor, query, SOME, late=False)
    rest = {
        "late_url": address(query, late="more" if any_hits(found) else "first"),
        "late_id": f"late-{crc32(query.typed.encode())}",
        "all_url": address(query, all="1"),
    }
    return _shown(found, query) | rest


def _shown(found: list[tuple[Searchable, Found]], query: Query) -> dict[str, Any]:
    """Return groups, tabs, and whether they are only spelled alike."""
    alike = any(each.misspelt and each.hits for _kind, each in found)
    counts = {} if alike else {kind.kind: each for kind, each in found}
    return {"groups": groups_of(found, query), "tabs": _tabs(query, None, counts), "misspelt": alike}


def _late(request: Request, query: Query, *, nothing_yet: bool) -> dict[str, Any]:
    """Return activities and tasks; names that are spelled alike if nothing at all is found."""
    found = search_kinds(request.actor, query, SOME, late=True)
    if nothing_yet and not any_hits(found):
        found = search_misspelt(request.actor, query, SOME)
    return _shown(found, query) | {"late": True, "nothing": nothing_yet and not any_hits(found)}


def _tabs(query: Query, current: Searchable | None, counts: dict[str, Found]) -> list[dict[str, Any]]:
    """Return the tabs of all kinds that the query asks for, with numbers where they are known."""
    tabs: list[dict[str, Any]] = [{"label": _("All"), "url": address(query), "current": current is None, "count": ""}]
    for each in kinds():
        if each.asked_for(query):
            found = counts.get(each.kind)
            count = f"{found.total}{'+' if found.capped else ''}" if found is not None else ""
            tabs.append({"label": each.label, "url": address(query, each), "current": each is current, "count": count})
    return tabs


def _page(request: Request, query: Query, kind: Searchable) -> dict[str, Any]:
    """Return a page of one kind, from the place that the address names."""
    found = kind.find(request.actor, query, MANY, after=request.GET.get("after", ""), deep=True)
    more = address(query, kind, after=found.next) if found.next else ""
    group = Group(kind.label, items(found.hits, query, kind), kind, found, more)
    return {"group": group, "groups": [group] if found.hits else [], "list_url": list_url(kind, query)}


def _simpler(query: Query) -> str:
    """Return the address of the same words without quotes, exclusions and fields, if there were any."""
    if not (query.without or query.operators or any(term.phrase for term in query.terms)):
        return ""
    values = [value for name, value in query.operators if name != "type"]
    words = parse(" ".join([*query.text.replace('"', " ").split(), *values]).replace(":", " "))
    return address(words) if words.terms and words.typed != query.typed else ""


def _hints() -> list[tuple[str, Any]]:
    """Return the signs of the language with what they mean, for the page."""
    return [
        ('"cold store"', _("these words, one after the other")),
        ("-draft", _("not this word")),
        ("maya OR henrik", _("one of both")),
        ("owner:me", _("yours; also a colleague's name, or none")),
        ("tag:vip", _("with this tag")),
        ("company:nordhavn", _("of this company")),
        ("email:@nordhavn", _("with this in an e-mail address")),
        ("phone:3155", _("with these digits in a number")),
        ("type:deal", _("only these; also contact, lead, company, note, call, e-mail, meeting, task")),
    ]


@login_required
@require_POST
def favourite(request: Request, kind: str, pk: UUID) -> HttpResponse:
    """Star a record that the person may see, or take the star away.

    Answers with the button and the list in the sidebar.
    """
    of = kind_named(kind)
    hits = of.named(request.actor, [pk]) if of else []
    if not hits:
        raise Http404("No such record.")
    starred = toggle_favourite(user=request.user, kind=kind, record_id=pk)
    if not is_fragment(request):
        return redirect(hits[0].url)
    context = {"kind": kind, "pk": pk, "favourite": starred, "oob": True, **pinned(request)}
    return render(request, "search/_star.html", context)


def pinned(request: Request, _obj: Any = None) -> dict[str, Any]:
    """Return the favourites for the sidebar."""
    return {"pinned": named_hits(request.actor, favourite_marks(request.user, 12))}


@login_required
@require_safe
def pinned_list(request: Request) -> HttpResponse:
    """The favourites of the sidebar, fetched after the page."""
    response = render(request, "search/_pinned_items.html", pinned(request))
    response.headers["Cache-Control"] = "private, max-age=15"
    return response
