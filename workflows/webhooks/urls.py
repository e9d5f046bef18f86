"""Addresses of webhooks."""

from django.urls import path

from .views import deliveries, endpoints

app_name = "webhooks"
urlpatterns = [
    path("settings/webhooks/", endpoints.endpoint_list, name="endpoints"),
    path("settings/webhooks/hosts/", endpoints.host_allow, name="host_allow"),
    path("settings/webhooks/hosts/<uuid:pk>/forbid/", endpoints.host_forbid, name="host_forbid"),
    path("settings/webhooks/deliveries/<uuid:pk>/", deliveries.delivery_detail, name="delivery"),
    path("settings/webhooks/deliveries/<uuid:pk>/again/", deliveries.delivery_again, name="delivery_again"),
    path("settings/webhooks/deliveries/<uuid:pk>/cancel/", deliveries.delivery_cancel, name="delivery_cancel"),
    path("settings/webhooks/<uuid:pk>/", endpoints.endpoint_detail, name="endpoint"),
    path("settings/webhooks/<uuid:pk>/rotate/", endpoints.endpoint_rotate, name="endpoint_rotate"),
    path("settings/webhooks/<uuid:pk>/remove/", endpoints.endpoint_remove, name="endpoint_remove"),
    path("settings/webhooks/<uuid:pk>/test/", endpoints.endpoint_test, name="endpoint_test"),
]
