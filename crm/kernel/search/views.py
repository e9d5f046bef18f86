"""The search page, the palette, and stars."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core import navigation
from crm.kernel.core.htmx import is_fragment, page_or_fragment
from crm.kernel.core.http import Request

from .engine import Searchable
from .language import Query, clean, parse
from .registry import kind_named, named_hits
from .results import Group, address, groups_of, items, list_url, search_all
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
        groups = groups_of(search_all(request.actor, query, FEW), query) if not query.empty else []
        groups = groups if text else _known(request)
    groups += _commands(request, text, all_of_them=only_commands or not text)
    return render(request, "search/palette.html", {"groups": [g for g in groups if g.items], "query": text})


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
    """The search page: the best of every kind, or with `?type=` one kind page by page; works without JavaScript."""
    query = parse(request.GET.get("q", ""))
    kind = kind_named(request.GET.get("type", ""))
    if query.empty:
        context: dict[str, Any] = {"groups": [] if query.typed else [g for g in _known(request) if g.items]}
    elif kind is not None and request.htmx.target == "search-more":
        context = _page(request, query, kind)
    else:
        context = _results(request, query, kind)
    context |= {"query": query, "kind": kind, "simpler": _simpler(query), "operators": _hints()}
    return render(request, page_or_fragment(request, "search/search.html", ROWS), context)


def _results(request: Request, query: Query, kind: Searchable | None) -> dict[str, Any]:
    """Return tabs with their numbers and what they stand for: all kinds, or a page of one."""
    found = search_all(request.actor, query, SOME)
    groups = groups_of(found, query)
    tabs: list[dict[str, Any]] = [{"label": _("All"), "url": address(query), "current": kind is None, "count": ""}]
    for each, results in found:
        if results.hits or each is kind:
            count = f"{results.total}{'+' if results.capped else ''}"
            tabs.append({"label": each.label, "url": address(query, each), "current": each is kind, "count": count})
    alike = any(each.misspelt and each.hits for _kind, each in found)
    context: dict[str, Any] = {"tabs": tabs, "groups": groups, "misspelt": alike}
    if kind is not None:
        only = [group for group in groups if group.kind is kind]
        context |= {"groups": only} if alike else _page(request, query, kind)
    return context


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
