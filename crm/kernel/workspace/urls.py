"""Addresses of the workspace's settings."""

from django.urls import path

from . import views

app_name = "workspace"
urlpatterns = [
    path("settings/workspace/", views.workspace, name="workspace"),
    path("settings/holidays/", views.holidays, name="holidays"),
    path("settings/holidays/<uuid:pk>/remove/", views.holiday_remove, name="holiday_remove"),
    path("settings/rates/", views.rates, name="rates"),
    path("settings/rates/lines/", views.rate_lines, name="rate_lines"),
    path("settings/rates/<uuid:pk>/remove/", views.rate_remove, name="rate_remove"),
]
