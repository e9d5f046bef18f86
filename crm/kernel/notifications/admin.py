"""Notifications in the admin."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What people were told."""

    list_display = ("at", "user", "topic", "text", "read_at")
    list_filter = ("topic",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("-id",)
