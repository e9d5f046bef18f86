"""Targets and mailed reports in the admin."""

from typing import Any

from django.contrib import admin

from crm.kernel.core.adminsite import CrmAdmin, ReadOnlyAdmin

from .models import ReportMail, ReportMailTo, Target
from .services import set_targets


@admin.register(Target)
class TargetAdmin(CrmAdmin):
    """Targets by month."""

    list_display = ("month", "user", "team", "amount")
    list_filter = ("month",)
    list_select_related = ("user", "team")
    ordering = ("-month",)

    def save_model(self, request: Any, obj: Target, form: Any, change: bool) -> None:
        """Save by the service (N9)."""
        holder: Any = ("user", obj.user_id) if obj.user_id else ("team", obj.team_id)
        set_targets(values={(holder, obj.month): obj.amount}, actor=self.actor(request))


@admin.register(ReportMail)
class ReportMailAdmin(CrmAdmin):
    """Reports that go out by mail."""

    list_display = ("report", "every", "owner", "sent_for")
    list_select_related = ("owner",)


@admin.register(ReportMailTo)
class ReportMailToAdmin(ReadOnlyAdmin):
    """To whom reports go."""

    list_display = ("mail", "user")
    list_select_related = ("mail", "user")
