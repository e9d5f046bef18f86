"""The addresses of the product (ARCHITECTURE 6): a contract that bookmarks and tests rely on."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("crm.kernel.core.urls")),
    path("", include("crm.kernel.users.urls")),
    path("", include("crm.kernel.workspace.urls")),
    path("", include("crm.kernel.audit.urls")),
    path("", include("crm.kernel.customfields.urls")),
    path("", include("crm.kernel.notifications.urls")),
    path("", include("crm.kernel.search.urls")),
    path("", include("crm.kernel.listing.urls")),
    path("", include("contacts.urls")),
    path("", include("deals.urls")),
    path("", include("activities.urls")),
    path("", include("workflows.urls")),
    path("", include("crm.reports.urls")),
    path("", include("workflows.webhooks.urls")),
]

handler500 = "crm.kernel.core.views.server_error"
