"""Addresses of notifications."""

from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.notification_list, name="list"),
    path("notifications/count/", views.unread_count, name="count"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/<uuid:pk>/open/", views.open_notification, name="open"),
    path("settings/notifications/", views.choices, name="choices"),
]
