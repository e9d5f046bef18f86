"""The search page, the palette, and stars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core import navigation
from crm.kernel.core.htmx import is_fragment
from crm.kernel.core.http import Request

from .registry import Hit, Kind, kind_named, kinds, named_hits
from .services import favourite_marks, recent_marks, toggle_favourite
from .words import clean


@dataclass(frozen=True, slots=True)
class Group:
    """Results under one heading."""

    label: str | Promise
    items: list[dict[str, Any]]


def _items(hits: Sequence[Hit], kind: Kind | None = None) -> list[dict[str, Any]]:
    found = []
    for hit in hits:
        of = kind or kind_named(hit.kind)
        found.append(
            {
                "title": hit.title,
                "sub": hit.subtitle,
                "url": hit.url,
                "picture": hit.picture,
                "icon": of.icon if of else "",
            }
        )
    return found


@login_required
@require_safe
def palette(request: Request) -> HttpResponse:
    """Answer the palette: records, pages and commands for `?q=`; what was opened lately and starred without."""
    typed = clean(request.GET.get("q", ""))
    only_commands = typed.startswith(">")
    text = typed.removeprefix(">").strip()
    groups: list[Group] = []
    if not only_commands:
        groups = _found(request, text, most=5) if text else _known(request)
    groups += _commands(request, text, all_of_them=only_commands or not text)
    return render(request, "search/palette.html", {"groups": [g for g in groups if g.items], "query": text})


def _found(request: Request, text: str, most: int) -> list[Group]:
    """Return what matches, by kind; the kind with the best match comes first."""
    groups = [(each, list(each.find(request.actor, text, most))) for each in kinds()]
    groups = [(kind, hits) for kind, hits in groups if hits]
    groups.sort(key=lambda pair: (min(hit.rank for hit in pair[1]), pair[0].order))
    return [Group(kind.label, _items(hits, kind)) for kind, hits in groups]


def _known(request: Request) -> list[Group]:
    """Return what the person opened lately and starred, as far as they may still see it."""
    starred = favourite_marks(request.user, 8)
    recent = [mark for mark in recent_marks(request.user, 12) if mark not in starred][:6]
    hits = named_hits(request.actor, [*recent, *starred])
    marked = set(starred)
    return [
        Group(_("Recently opened"), _items([hit for hit in hits if (hit.kind, hit.pk) not in marked])),
        Group(_("Favourites"), _items([hit for hit in hits if (hit.kind, hit.pk) in marked])),
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
        items = [
            {
                "title": words,
                "url": item.url,
                "icon": item.icon,
                "dialog": item.dialog,
                "shortcut": f"G {item.shortcut}" if item.shortcut else "",
            }
            for item, words in entries
            if all(part in words.casefold() for part in parts)
        ]
        groups.append(Group(label, items if all_of_them else items[:6]))
    return groups


@login_required
@require_safe
def search(request: Request) -> HttpResponse:
    """The search page: everything that matches, up to 20 of each kind; works without JavaScript."""
    text = clean(request.GET.get("q", ""))
    groups = _found(request, text, most=20) if text else _known(request)
    context = {"query": text, "groups": [g for g in groups if g.items]}
    return render(request, "search/search.html", context)


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
