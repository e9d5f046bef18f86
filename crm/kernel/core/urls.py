"""Addresses of the frame of the pages, and of what monitors ask."""

from django.urls import path

from . import health, views

app_name = "core"
urlpatterns = [
    path("nav/counts/", views.nav_counts, name="nav_counts"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
