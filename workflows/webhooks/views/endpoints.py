"""The endpoints: list, one with its log, new ones, secrets, allowed hosts."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.ids import uuid7
from workflows.webhooks.forms import EndpointForm, HostForm
from workflows.webhooks.models import AllowedHost, WebhookEndpoint
from workflows.webhooks.services import endpoints as services
from workflows.webhooks.services.queue import queue_webhook

from .deliveries import log_context

LOG = {"results": "results"}


@flag_required("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_list(request: Request) -> HttpResponse:
    """The endpoints and allowed hosts; POST makes an endpoint and shows its secret, this once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = services.create_endpoint(values=form.cleaned_data, actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _show_secret(request, endpoint, secret)
    return _list(request, form, HostForm())


def _list(request: Request, form: EndpointForm, hosts: HostForm) -> HttpResponse:
    context = {
        "form": form,
        "host_form": hosts,
        "rows": list(WebhookEndpoint.objects.visible_to(request.actor).live().order_by("name", "pk")),
        "hosts": list(AllowedHost.objects.visible_to(request.actor)),
    }
    status = 422 if form.errors or hosts.errors else 200
    return render(request, "webhooks/endpoints.html", context, status=status)


def _show_secret(request: Request, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    response = render(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret})
    response.headers["Cache-Control"] = "no-store"
    return response


@flag_required("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_detail(request: Request, pk: UUID) -> HttpResponse:
    """One endpoint with its deliveries, newest first (`?state=`, `?before=`); POST changes it."""
    endpoint = _endpoint(request, pk)
    initial = {"name": endpoint.name, "url": endpoint.url, "active": endpoint.active}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_endpoint(endpoint_id=pk, values=form.cleaned_data, actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Saved"), undo=request.actor.last_change if form.has_changed() else None)
            return redirect("webhooks:endpoint", pk)
    context: dict[str, Any] = {"endpoint": endpoint, "form": form, **log_context(request, endpoint)}
    template = page_or_fragment(request, "webhooks/endpoint.html", LOG)
    return render(request, template, context, status=422 if form.errors else 200)


@flag_required("settings")
@require_POST
def endpoint_rotate(request: Request, pk: UUID) -> HttpResponse:
    """Give an endpoint a new secret and show it, this once."""
    _endpoint(request, pk)
    endpoint, secret = services.rotate_secret(endpoint_id=pk, actor=request.actor)
    return _show_secret(request, endpoint, secret)


@flag_required("settings")
@require_POST
def endpoint_remove(request: Request, pk: UUID) -> HttpResponse:
    """Take an endpoint out of use."""
    endpoint = _endpoint(request, pk)
    services.remove_endpoint(endpoint_id=pk, actor=request.actor)
    toast(request, _("%(name)s removed") % {"name": endpoint.name}, undo=request.actor.last_change)
    return redirect("webhooks:endpoints")


@flag_required("settings")
@require_POST
def endpoint_test(request: Request, pk: UUID) -> HttpResponse:
    """Send a test message."""
    endpoint = _endpoint(request, pk)
    payload = {"text": "This is a test.", "by": request.user.name}
    try:
        queue_webhook(endpoint=endpoint, payload=payload, key=f"test:{uuid7()}", topic="test", actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("A test is on its way; its answer appears in the log"))
    return redirect("webhooks:endpoint", pk)


@flag_required("settings")
@require_POST
def host_allow(request: Request) -> HttpResponse:
    """Let webhooks reach a host inside the network."""
    form = HostForm(request.POST)
    if form.is_valid():
        try:
            allowed = services.allow_host(host=form.cleaned_data["host"], actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(host)s is allowed") % {"host": allowed.host}, undo=request.actor.last_change)
            return redirect("webhooks:endpoints")
    return _list(request, EndpointForm(), form)


@flag_required("settings")
@require_POST
def host_forbid(request: Request, pk: UUID) -> HttpResponse:
    """Take the permission back."""
    get_object_or_404(AllowedHost.objects.visible_to(request.actor), pk=pk)
    host = services.forbid_host(host_id=pk, actor=request.actor)
    toast(request, _("%(host)s is not allowed any more") % {"host": host}, undo=request.actor.last_change)
    return redirect("webhooks:endpoints")


def _endpoint(request: Request, pk: UUID) -> WebhookEndpoint:
    endpoint: WebhookEndpoint = get_object_or_404(WebhookEndpoint.objects.visible_to(request.actor).live(), pk=pk)
    return endpoint
