"""Runs, views and lists in the admin, to be looked at: what people made stays theirs to change."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import (
    BulkItem,
    BulkRun,
    ExportRun,
    ImportMapping,
    ImportProblem,
    ImportRun,
    ListPreference,
    PurgeRun,
    RecordList,
    RecordListMember,
    SavedView,
)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Files on their way in."""

    list_display = ("file_name", "kind", "state", "rows_done", "rows_total", "user", "created_at")
    list_filter = ("state",)
    list_select_related = ("user",)
    search_fields = ("file_name", "user__name")
    ordering = ("-id",)


@admin.register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin):
    """What was wrong with rows."""

    list_display = ("run", "phase", "row", "column", "value", "message")
    list_filter = ("phase", "refused")
    list_select_related = ("run",)
    search_fields = ("run__id__exact",)
    ordering = ("-id",)


@admin.register(ImportMapping)
class ImportMappingAdmin(ReadOnlyAdmin):
    """How files with a known heading were read."""

    list_display = ("kind", "fingerprint", "updated_at")
    list_filter = ("kind",)


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnlyAdmin):
    """Actions on many records."""

    list_display = ("kind", "action", "state", "rows_done", "rows_total", "user", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("user",)
    search_fields = ("action", "user__name")
    ordering = ("-id",)


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnlyAdmin):
    """Purges of the bin."""

    list_display = ("kind", "state", "rows_done", "rows_total", "user", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("user",)
    search_fields = ("user__name",)
    ordering = ("-id",)


@admin.register(BulkItem)
class BulkItemAdmin(ReadOnlyAdmin):
    """What became of each record of a bulk action."""

    list_display = ("run", "record_id", "outcome", "message")
    list_filter = ("outcome",)
    list_select_related = ("run",)
    search_fields = ("run__id__exact", "record_id__exact")
    ordering = ("-id",)


@admin.register(ExportRun)
class ExportRunAdmin(ReadOnlyAdmin):
    """Files on their way out."""

    list_display = ("kind", "what", "format", "state", "rows_done", "user", "created_at")
    list_filter = ("state", "format")
    list_select_related = ("user",)
    search_fields = ("file_name", "user__name")
    ordering = ("-id",)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Views of lists that people keep."""

    list_display = ("name", "list_key", "owner", "shared", "team")
    list_filter = ("list_key", "shared")
    list_select_related = ("owner", "team")
    search_fields = ("name", "owner__name")
    ordering = ("-id",)


@admin.register(RecordList)
class RecordListAdmin(ReadOnlyAdmin):
    """Lists of records that people keep."""

    list_display = ("name", "record_kind", "owner", "shared", "team")
    list_filter = ("record_kind", "shared")
    list_select_related = ("owner", "team")
    search_fields = ("name", "owner__name")
    ordering = ("-id",)


@admin.register(RecordListMember)
class RecordListMemberAdmin(ReadOnlyAdmin):
    """What is on them."""

    list_display = ("list", "record_id")
    list_select_related = ("list",)
    search_fields = ("list__name", "record_id__exact")
    ordering = ("-id",)


@admin.register(ListPreference)
class ListPreferenceAdmin(ReadOnlyAdmin):
    """How people like their lists."""

    list_display = ("user", "list_key", "view", "pinned", "opens")
    list_filter = ("list_key",)
    list_select_related = ("user",)
    search_fields = ("user__name",)
    ordering = ("-id",)
