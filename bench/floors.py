"""Floors: the least that a Django view of this kind costs here. Plain ORM, bare templates, no rights, no history."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from contacts.models import Contact
from deals.models import Deal, Stage


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """F(login): a page behind the login with nothing on it."""
    return HttpResponse("")


@login_required
def contact_list(request: HttpRequest) -> HttpResponse:
    """F(list): fifty contacts with company and owner."""
    contacts = Contact.objects.live().select_related("company", "owner").order_by("sort_name", "id")[:50]
    return render(request, "bench/list.html", {"contacts": contacts})


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """F(board): six stages of fifty cards, with live totals."""
    stages = list(Stage.objects.filter(pipeline__position=0).exclude(kind_of="lost").order_by("position")[:6])
    totals = (
        Deal.objects.filter(stage__in=stages, binned_at=None).values("stage").annotate(n=Count("id"), sum=Sum("amount"))
    )
    by_stage = {row["stage"]: row for row in totals}
    columns = []
    for stage in stages:
        cards = Deal.objects.filter(stage=stage, binned_at=None).select_related("company", "owner")
        columns.append((stage, by_stage.get(stage.pk), cards.order_by("expected_close", "id")[:50]))
    return render(request, "bench/board.html", {"columns": columns})
