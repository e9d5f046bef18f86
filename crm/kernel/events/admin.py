"""The outbox in the admin: to be read, and to try again what was given up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import Event


class StateFilter(admin.SimpleListFilter):
    """Waiting, done or given up."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the three states."""
        return [("waiting", _("Waiting")), ("failed", _("Given up")), ("done", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the events in the chosen state."""
        match self.value():
            case "waiting":
                return queryset.waiting()
            case "failed":
                return queryset.filter(failed_at__isnull=False)
            case "done":
                return queryset.filter(processed_at__isnull=False)
        return queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, and who has heard of it."""

    list_display = ("id", "name", "subject_id", "at", "attempts", "processed_at", "failed_at")
    list_filter = (StateFilter, "name", "source")
    search_fields = ("subject_id__exact", "changeset_id__exact")
    ordering = ("-id",)
    actions: Any = ("try_again",)

    @admin.action(description=_("Try again"))
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        """Put events that were given up back into the queue."""
        rows = queryset.filter(failed_at__isnull=False)
        count = rows.update(failed_at=None, leased_until=None, attempts=0, error="")
        self.told(request, count, _("Back in the queue: %(count)d"))
