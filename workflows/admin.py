"""Rules and runs in the admin: to be read; what changes them are the services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import ReadOnlyAdmin

from .models import Assignment, AssignmentPool, DueTime, Rule, RuleState, RuleVersion, Run, Step, Trial, TrialLine
from .services import dismiss_runs, retry_runs


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    """Rules."""

    list_display = ("name", "state", "trigger", "owner", "as_house", "broken", "pause_reason")
    list_filter = ("state", "trigger", "as_house")
    search_fields = ("name",)
    list_select_related = ("owner",)


@admin.register(RuleVersion)
class RuleVersionAdmin(ReadOnlyAdmin):
    """Versions of rules."""

    list_display = ("rule", "number", "published_at", "published_by", "saved_at")
    list_select_related = ("rule", "published_by")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs: what each rule did, and why it stands as it does."""

    list_display = ("id", "rule", "record_kind", "record_id", "state", "reason", "started_at", "due_at")
    list_filter = ("state", "cause", "record_kind")
    search_fields = ("record_id__exact", "event_id__exact")
    list_select_related = ("rule",)
    ordering = ("-started_at", "-id")
    actions: Any = ("retry", "dismiss")

    @admin.action(description=_("Try again"))
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """Let failed and held runs go on (W8)."""
        count = retry_runs(actor=self.actor(request), run_ids=list(queryset.values_list("pk", flat=True)))
        self.told(request, count, _("Tried again: %(count)d"))

    @admin.action(description=_("Dismiss"))
    def dismiss(self, request: HttpRequest, queryset: Any) -> None:
        """Let failed and waiting runs rest for good (W8)."""
        count = dismiss_runs(actor=self.actor(request), run_ids=list(queryset.values_list("pk", flat=True)))
        self.told(request, count, _("Dismissed: %(count)d"))


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    """Steps of runs."""

    list_display = ("run_id", "index", "action", "state", "words", "at")
    list_filter = ("state", "action")
    search_fields = ("run__id__exact",)


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """The ledger of assignments."""

    list_display = ("at", "rule", "record_kind", "record_id", "user", "method", "words")
    list_select_related = ("rule", "user")
    search_fields = ("record_id__exact",)


@admin.register(AssignmentPool)
class AssignmentPoolAdmin(ReadOnlyAdmin):
    """Whose turn it is."""

    list_display = ("rule", "step", "last_user")
    list_select_related = ("rule", "last_user")


@admin.register(RuleState)
class RuleStateAdmin(ReadOnlyAdmin):
    """Records inside the conditions of rules."""

    list_display = ("rule", "record_kind", "record_id", "inside", "since")
    list_select_related = ("rule",)


@admin.register(DueTime)
class DueTimeAdmin(ReadOnlyAdmin):
    """When time triggers look at records."""

    list_display = ("rule", "record_kind", "record_id", "at", "spell")
    list_select_related = ("rule",)
    ordering = ("at",)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    """Dry runs."""

    list_display = ("rule", "number", "user", "state", "since", "until", "created_at")
    list_filter = ("state",)
    list_select_related = ("rule", "user")


@admin.register(TrialLine)
class TrialLineAdmin(ReadOnlyAdmin):
    """What dry runs found."""

    list_display = ("trial_id", "at", "outcome", "side", "record_kind", "record_id")
    list_filter = ("outcome", "side")
    search_fields = ("trial__id__exact", "record_id__exact")
