"""Webhooks in the admin: to be looked at; their pages change them by the services."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import AllowedHost, Delivery, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Endpoints, without their secrets."""

    list_display = ("name", "url", "active", "failures", "last_success_at")
    exclude = ("sealed_secret", "sealed_old_secret")
    search_fields = ("name__istartswith",)
    ordering = ("name",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What was sent to endpoints."""

    list_display = ("message_id", "endpoint", "topic", "state", "attempts", "status", "created_at")
    list_filter = ("state",)
    list_select_related = ("endpoint",)
    search_fields = ("message_id__exact",)
    ordering = ("-id",)


@admin.register(AllowedHost)
class AllowedHostAdmin(ReadOnlyAdmin):
    """Hosts inside the network that may be called."""

    list_display = ("host", "created_at")
