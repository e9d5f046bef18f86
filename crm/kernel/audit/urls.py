"""Addresses of history and undo."""

from django.urls import path

from . import views

app_name = "audit"
urlpatterns = [
    path("undo/<uuid:pk>/", views.undo_change, name="undo"),
    path("history/<str:kind>/<uuid:pk>/", views.record_history, name="record_history"),
]
