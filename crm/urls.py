"""The addresses of the product (ARCHITECTURE 6): a contract that bookmarks and tests rely on."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
