"""Change-sets and history in the admin: to be read, never written (H1)."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from crm.kernel.core.adminsite import ReadOnlyAdmin
from crm.kernel.core.history import TRACKED, history_of

from .models import ChangeSet


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin):
    """Who gave which command when."""

    list_display = ("recorded_at", "label", "actor_kind", "command", "source", "at")
    list_filter = ("actor_kind", "source")
    search_fields = ("id__exact", "label", "command")
    ordering = ("-recorded_at", "id")
    list_select_related = ("user",)


class HistoryAdmin(ReadOnlyAdmin):
    """Recorded writes of one table. Found by the id of the row or of the change-set."""

    list_filter = ("pgh_label",)
    list_select_related = False
    ordering = ("-pgh_id",)
    search_fields = ("pgh_obj_id__exact",)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Show what happened to which row, and its first words."""
        return ("pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context_id")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the related rows alone: keys are shown."""
        return super().get_queryset(request).select_related(None)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find by id; any other word finds nothing."""
        if not search_term.strip():
            return queryset, False
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(pgh_obj_id=wanted) | queryset.filter(pgh_context_id=wanted), False


for _model in TRACKED:
    # "Contact historys" is what Django would make of it.
    history_of(_model)._meta.verbose_name_plural = history_of(_model)._meta.verbose_name
    admin.site.register(history_of(_model), HistoryAdmin)
