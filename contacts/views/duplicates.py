"""The queue of possible duplicates: compare side by side, merge, say that they are not one (M1, M3)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.compare import compare
from contacts.models import Company, Contact, Dismissal, MatchKind
from contacts.services.children import CHILDREN
from contacts.services.duplicates.pairs import (
    both_of,
    dismiss_pair,
    dismissals_for,
    owned_by,
    pairs_for,
    reason_words,
    reconsider_pair,
)
from contacts.services.duplicates.rules import labels_for, rules_for
from contacts.services.merging import merge_records
from contacts.services.merging.parts import parts_of
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.listing.errors import BadQuery

PER_PAGE = 30
MODELS: dict[str, type[Any]] = {"contact": Contact, "company": Company}
OWNERS = ("", "me", "team")
SURE = ("", "certain")
RELATED = {"contact": ("owner", "company"), "company": ("owner", "parent")}


class Queue:
    """The queue as an address asks for it: kind, whose, how sure, from where on. Raises BadQuery for what it knows not."""

    def __init__(self, request: Request) -> None:
        self.actor = request.actor
        asked = request.GET
        self.kind = self._one_of(asked, "kind", tuple(MODELS)) or "contact"
        self.owner = self._one_of(asked, "owner", OWNERS)
        self.sure = self._one_of(asked, "sure", SURE)
        self.after = asked.get("after", "")
        self.rules = rules_for(self.kind)

    @staticmethod
    def _one_of(asked: Any, name: str, known: tuple[str, ...]) -> str:
        value = str(asked.get(name, ""))
        if value and value not in known:
            raise BadQuery(name, value)
        return value

    def query(self, **changes: Any) -> str:
        """Return the address of the queue with changes."""
        values = {"kind": self.kind, "owner": self.owner, "sure": self.sure, "after": self.after} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def pairs(self) -> list[Any]:
        """Return one page of pairs and one more, the surest first; keyset, so it costs the same anywhere."""
        rows = pairs_for(self.actor, self.kind)
        if self.owner:
            own = {self.actor.id} if self.owner == "me" else {self.actor.id, *self.actor.user.team_ids}
            rows = owned_by(rows, self.kind, Q(owner_id__in=own))
        if self.sure:
            rows = rows.filter(score__gte=self.rules.certain)
        if self.after:
            score, pk = self._place()
            rows = rows.filter(Q(score__lt=score) | Q(score=score, pk__gt=pk))
        return list(rows[: PER_PAGE + 1])

    def _place(self) -> tuple[int, UUID]:
        score, _dash, pk = self.after.partition("-")
        try:
            return int(score), UUID(pk)
        except ValueError as error:
            raise BadQuery("after", self.after) from error


@login_required
@require_safe
def duplicate_list(request: Request) -> HttpResponse:
    """The queue, with one pair opened beside it."""
    try:
        queue = Queue(request)
        found = queue.pairs()
    except BadQuery as error:
        return _bad(request, error)
    more = found[PER_PAGE - 1] if len(found) > PER_PAGE else None
    pairs = found[:PER_PAGE]
    chosen = next((pair for pair in pairs if str(pair.pk) == request.GET.get("pair")), pairs[0] if pairs else None)
    position = pairs.index(chosen) if chosen else 0
    following = pairs[position + 1] if position + 1 < len(pairs) else None
    context = {
        "queue": queue,
        "kinds": MatchKind.choices,
        "rows": _rows(queue, pairs, chosen),
        "position": position + 1,
        "count": len(pairs),
        "more": queue.query(after=f"{more.score}-{more.pk}") if more else "",
        "certain": sum(pair.score >= queue.rules.certain for pair in pairs),
        "may_merge_all": request.actor.may("merge") and request.actor.may("bulk"),
        "may_scan": request.actor.may("settings"),
        "bulk_key": f"merge_{queue.kind}",
        "bulk_list": f"certain_{queue.kind}_pairs",
        "filters": _filters(queue),
    }
    if chosen is not None:
        first, second = chosen.first_id, chosen.second_id
        if request.GET.get("swap") == "1":
            first, second = second, first
        context |= _comparison(request, queue.kind, first, second)
        following_words = queue.query(pair=following.pk) if following else queue.query(after="")
        context |= {"next": following_words, "swap": _swapped(queue, chosen, request)}
    return render(request, "contacts/duplicates.html", context)


def _bad(request: Request, error: BadQuery) -> HttpResponse:
    context = {"error": error, "title": _("Duplicates"), "without": request.path}
    return render(request, "listing/bad_query.html", context, status=400)


def _page(record: Any) -> str:
    return reverse(f"contacts:{record.kind}_detail", args=[record.pk])


def _swapped(queue: Queue, chosen: Any, request: Request) -> str:
    return queue.query(pair=chosen.pk, swap="" if request.GET.get("swap") == "1" else "1")


def _filters(queue: Queue) -> list[dict[str, Any]]:
    """Return the chips above the queue: words, address, whether it is on."""
    chips = [
        (_("Anybody's"), {"owner": ""}, not queue.owner),
        (_("Mine"), {"owner": "me"}, queue.owner == "me"),
        (_("My team's"), {"owner": "team"}, queue.owner == "team"),
        (_("Certain ones"), {"sure": "" if queue.sure else "certain"}, bool(queue.sure)),
    ]
    return [{"label": words, "url": queue.query(after="", **changes), "on": on} for words, changes, on in chips]


def _rows(queue: Queue, pairs: list[Any], chosen: Any) -> list[dict[str, Any]]:
    """Return the pairs with the names of both, in one query."""
    labels = labels_for(queue.kind, queue.actor)
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    names = {record.pk: record.name for record in MODELS[queue.kind].objects.filter(pk__in=ids)}
    return [
        {
            "pair": pair,
            "first": names[pair.first_id],
            "second": names[pair.second_id],
            "why": reason_words(pair.reasons, labels),
            "certain": pair.score >= queue.rules.certain,
            "current": chosen is not None and pair.pk == chosen.pk,
            "url": queue.query(pair=pair.pk),
        }
        for pair in pairs
        if pair.first_id in names and pair.second_id in names
    ]


def _comparison(request: Request, kind: str, first_id: UUID, second_id: UUID) -> dict[str, Any]:
    """Return what the comparison shows of two records; Http404 for one that the person may not see."""
    rows = MODELS[kind].objects.visible_to(request.actor).live().select_related(*RELATED[kind])
    found = {record.pk: record for record in rows.filter(pk__in=[first_id, second_id])}
    if len(found) != 2:
        raise Http404("No such pair.")
    kept, other = found[first_id], found[second_id]
    editable = all(request.actor.can("edit", record) for record in (kept, other))
    return {
        "kind": kind,
        "kept": kept,
        "other": other,
        "kept_url": _page(kept),
        "other_url": _page(other),
        "lists": ("emails", "phones", "domains"),
        "comparison": compare(kept, other, request.actor),
        "mergeable": editable and request.actor.may("merge"),
        "dismissable": editable,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_merge(request: Request, kind: str, first: UUID, second: UUID) -> HttpResponseBase:
    """Compare any two records of a kind (GET), or merge the second into the first (POST)."""
    if kind not in MODELS:
        raise Http404("No such kind.")
    try:
        if request.method == "POST":
            return _merge(request, kind, first, second)
        context = _comparison(request, kind, first, second)
    except Refused as error:
        toast(request, error.message, "bad")
        return redirect(_back(request, kind))
    except (Contact.DoesNotExist, Company.DoesNotExist) as error:
        raise Http404("No such pair.") from error
    context["swap"] = reverse("contacts:duplicate_merge", args=[kind, second, first])
    return render(request, "contacts/duplicate_merge.html", context)


def _merge(request: Request, kind: str, first: UUID, second: UUID) -> HttpResponseBase:
    survivor = merge_records(
        kind=kind, survivor_id=first, loser_id=second, actor=request.actor, choices=_choices(request, kind)
    )
    name = MODELS[kind].objects.get(pk=second).name
    words = _("%(name)s is part of %(survivor)s now") % {"name": name, "survivor": survivor.name}
    page = reverse(f"contacts:{kind}_detail", args=[first])
    toast(request, words, undo=request.actor.last_change, link=(_("Show"), page))
    return redirect(_back(request, kind, page))


def _choices(request: Request, kind: str) -> dict[str, Any]:
    """Return what was chosen: parts by their key, addresses and numbers of the lists that were shown."""
    model, sent = MODELS[kind], request.POST
    choices: dict[str, Any] = {
        part.key: sent[part.key] for part in parts_of(model, request.actor) if sent.get(part.key)
    }
    choices |= {name: sent.getlist(name) for name in CHILDREN[model] if f"{name}_shown" in sent}
    return choices


def _back(request: Request, kind: str, page: str = "") -> str:
    """Return where to go on: the next pair of the queue, if it was left from there."""
    following = request.POST.get("next", "")
    if following.startswith("?"):
        return reverse("contacts:duplicate_list") + following
    return page or f"{reverse('contacts:duplicate_list')}?kind={kind}"


@login_required
@require_POST
def duplicate_dismiss(request: Request, kind: str, first: UUID, second: UUID) -> HttpResponseBase:
    """Remember that two records are not one."""
    if kind not in MODELS:
        raise Http404("No such kind.")
    try:
        both_of(kind, first, second, request.actor)
    except (Contact.DoesNotExist, Company.DoesNotExist) as error:
        raise Http404("No such pair.") from error
    dismiss_pair(kind=kind, first_id=first, second_id=second, actor=request.actor)
    toast(request, _("Remembered: these two are not one"), undo=request.actor.last_change)
    return redirect(_back(request, kind))


@login_required
@require_safe
def dismissal_list(request: Request) -> HttpResponse:
    """What people have said not to be duplicates, the latest first, to be looked at again."""
    kind = request.GET.get("kind", "contact")
    if kind not in MODELS:
        return _bad(request, BadQuery("kind", kind))
    rows = list(dismissals_for(request.actor, kind)[:200])
    ids = {pk for row in rows for pk in (row.first_id, row.second_id)}
    records = MODELS[kind].objects.in_bulk(ids)
    shown = [
        {"row": row, "first": first, "second": second, "first_url": _page(first), "second_url": _page(second)}
        for row in rows
        for first, second in [(records[row.first_id], records[row.second_id])]
    ]
    return render(request, "contacts/dismissals.html", {"rows": shown, "kind": kind, "kinds": MatchKind.choices})


@login_required
@require_POST
def dismissal_undo(request: Request, pk: UUID) -> HttpResponseBase:
    """Look at two records again."""
    row = get_object_or_404(Dismissal, pk=pk)
    try:
        reconsider_pair(dismissal_id=pk, actor=request.actor)
    except (Contact.DoesNotExist, Company.DoesNotExist) as error:
        raise Http404("No such pair.") from error
    toast(request, _("They will be compared again in a moment"), undo=request.actor.last_change)
    return redirect(f"{reverse('contacts:dismissal_list')}?kind={row.record_kind}")
