"""Addresses of history and undo."""

from django.urls import path

from .views import history, sets, undoing

app_name = "audit"
urlpatterns = [
    path("audit/", sets.set_list, name="sets"),
    path("audit/<uuid:pk>/", sets.set_detail, name="set_detail"),
    path("audit/<uuid:pk>/undo/", undoing.conflicts, name="conflicts"),
    path("undo/<uuid:pk>/", undoing.undo_change, name="undo"),
    path("history/<str:kind>/<uuid:pk>/", history.record_history, name="record_history"),
    path("history/<str:kind>/<uuid:pk>/restore/", history.restore, name="restore_value"),
]
