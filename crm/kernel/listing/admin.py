"""Import runs in the admin."""

from django.contrib import admin

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import ImportMapping, ImportProblem, ImportRun


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
