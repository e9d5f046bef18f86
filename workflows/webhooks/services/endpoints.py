"""Making, changing and removing endpoints, their secrets, and the hosts that are allowed."""

import base64
import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.sealing import seal, unseal
from workflows.webhooks.addresses import ForbiddenAddressError, split_url
from workflows.webhooks.models import AllowedHost, WebhookEndpoint

OVERLAP = dt.timedelta(hours=24)  # the old secret signs besides the new one for so long
EDITABLE = ("name", "url", "active")


def new_secret() -> str:
    """Return a secret as standardwebhooks.com writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def allowed_hosts() -> frozenset[str]:
    """Return the hosts inside the network that may be called."""
    return frozenset(AllowedHost.objects.values_list("host", flat=True))


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now: the present one, and the old one for a day after a rotation."""
    found = [unseal(endpoint.sealed_secret)]
    if endpoint.sealed_old_secret and endpoint.old_until is not None and endpoint.old_until > timezone.now():
        found.append(unseal(endpoint.sealed_old_secret))
    return found


@command("webhooks.create")
def create_endpoint(*, values: Mapping[str, Any], actor: Actor) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; return it and its secret, which is never shown again.

    Raises PermissionDenied without the right to settings, Refused beside the field for an address that must not be called.
    """
    actor.require_flag("settings")
    secret = new_secret()
    endpoint = WebhookEndpoint(**_checked(values), sealed_secret=seal(secret))
    endpoint.save()
    return endpoint, secret


@command("webhooks.edit")
def edit_endpoint(*, endpoint_id: UUID, values: Mapping[str, Any], actor: Actor) -> WebhookEndpoint:
    """Change name, address, or whether it is called. What waits goes to the new address. Raises as `create_endpoint`."""
    endpoint = _locked(endpoint_id, actor)
    checked = _checked(values, endpoint)
    changed = [name for name, value in checked.items() if getattr(endpoint, name) != value]
    for name in changed:
        setattr(endpoint, name, checked[name])
    if changed:
        endpoint.failures, endpoint.paused_until = 0, None
        endpoint.save(update_fields=[*changed, "failures", "paused_until"])
    return endpoint


@command("webhooks.rotate")
def rotate_secret(*, endpoint_id: UUID, actor: Actor) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret and return it; for a day both sign, so that the receiver can change over."""
    endpoint = _locked(endpoint_id, actor)
    secret = new_secret()
    endpoint.sealed_old_secret, endpoint.old_until = endpoint.sealed_secret, timezone.now() + OVERLAP
    endpoint.sealed_secret = seal(secret)
    endpoint.save(update_fields=["sealed_secret", "sealed_old_secret", "old_until"])
    return endpoint, secret


@command("webhooks.remove")
def remove_endpoint(*, endpoint_id: UUID, actor: Actor) -> WebhookEndpoint:
    """Take an endpoint out of use; its log stays."""
    endpoint = _locked(endpoint_id, actor)
    if endpoint.archived_at is None:
        endpoint.archived_at, endpoint.active = timezone.now(), False
        endpoint.save(update_fields=["archived_at", "active"])
    return endpoint


@command("webhooks.allow_host")
def allow_host(*, host: str, actor: Actor) -> AllowedHost:
    """Let webhooks reach a host inside the network. Raises PermissionDenied, Refused for what is no host."""
    actor.require_flag("settings")
    name = host.strip().lower().rstrip(".")
    try:
        _scheme, found, _port, _path = split_url(f"http://{name}/", allowed={name})
    except ForbiddenAddressError as error:
        words = _("Type the name or number of a host, without http:// and port.")
        raise Refused(words, fields={"host": words}) from error
    if found != name:
        words = _("Type the name or number of a host, without http:// and port.")
        raise Refused(words, fields={"host": words})
    return AllowedHost.objects.get_or_create(host=name)[0]


@command("webhooks.forbid_host")
def forbid_host(*, host_id: UUID, actor: Actor) -> str:
    """Take the permission back; return the host."""
    actor.require_flag("settings")
    allowed: AllowedHost = AllowedHost.objects.get(pk=host_id)
    allowed.delete()
    return allowed.host


def _locked(endpoint_id: UUID, actor: Actor) -> WebhookEndpoint:
    endpoint: WebhookEndpoint = WebhookEndpoint.objects.visible_to(actor).live().locked().get(pk=endpoint_id)
    actor.require("edit", endpoint)
    return endpoint


def _checked(values: Mapping[str, Any], old: WebhookEndpoint | None = None) -> dict[str, Any]:
    found = {name: values[name] for name in EDITABLE if name in values}
    errors = {}
    for name in ("name", "url"):
        if name in found:
            found[name] = found[name].strip()
        if not found.get(name, getattr(old, name) if old else ""):
            errors[name] = _("Fill this in.")
    if found.get("url"):
        try:
            split_url(found["url"], allowed_hosts())
        except ForbiddenAddressError as error:
            errors["url"] = str(error)
    if errors:
        raise Refused(next(iter(errors.values())), fields=errors)
    return found
