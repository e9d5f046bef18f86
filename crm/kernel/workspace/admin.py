"""The workspace in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.kernel.core.adminsite import CrmAdmin

from .models import ExchangeRate, Holiday, Workspace
from .services import Rate, add_holiday, edit_workspace, set_rates


@admin.register(Workspace)
class WorkspaceAdmin(CrmAdmin):
    """The one row of settings."""

    list_display = ("name", "base_currency", "timezone")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: there is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: it stays."""
        return False

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        """Save by the service."""
        edit_workspace(actor=self.actor(request), **form.cleaned_data)


@admin.register(Holiday)
class HolidayAdmin(CrmAdmin):
    """Days on which the company does not work."""

    list_display = ("day", "name")
    search_fields = ("name",)
    ordering = ("-day",)

    def save_model(self, request: HttpRequest, obj: Holiday, form: Any, change: bool) -> None:
        """Save a new one by the service; a changed one as it is, since its day may move."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = add_holiday(actor=self.actor(request), **form.cleaned_data).pk


@admin.register(ExchangeRate)
class ExchangeRateAdmin(CrmAdmin):
    """What currencies are worth."""

    list_display = ("currency", "day", "rate")
    list_filter = ("currency",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep currency and day of a stored rate."""
        return ("currency", "day") if obj else ()

    def save_model(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> None:
        """Save by the service."""
        set_rates(rates=[Rate(obj.currency, obj.day, obj.rate)], actor=self.actor(request))
        obj.pk = ExchangeRate.objects.get(currency=obj.currency, day=obj.day).pk
