"""Marks on records in the admin."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import Favourite, RecentView


@admin.register(RecentView, Favourite)
class RecordMarkAdmin(ReadOnlyAdmin):
    """What people opened lately, and what they starred."""

    list_display = ("user", "record_kind", "record_id", "at")
    list_filter = ("record_kind",)
    list_select_related = ("user",)
    search_fields = ("user__name", "record_id__exact")
    ordering = ("-id",)
