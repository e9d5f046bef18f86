"""Notifications in the admin."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import Digest, Notification, NotificationChoice, QuietHours


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What people were told."""

    list_display = ("at", "user", "topic", "text", "read_at")
    list_filter = ("topic",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("-id",)


@admin.register(NotificationChoice)
class NotificationChoiceAdmin(ReadOnlyAdmin):
    """How people want to be told; each sets it for themselves."""

    list_display = ("user", "topic", "in_app", "by_mail")
    list_filter = ("topic", "by_mail")
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(QuietHours)
class QuietHoursAdmin(ReadOnlyAdmin):
    """When people get no mail at once."""

    list_display = ("user", "starts", "ends", "days_off")
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """When people get their next digest."""

    list_display = ("user", "due_at", "last_on")
    list_select_related = ("user",)
    ordering = ("due_at",)
