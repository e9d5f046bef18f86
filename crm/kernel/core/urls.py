"""Addresses of the frame of the pages."""

from django.urls import path

from . import views

app_name = "core"
urlpatterns = [path("nav/counts/", views.nav_counts, name="nav_counts")]
