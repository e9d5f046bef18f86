"""Deals, pipelines and stages in the admin. A stage is never a field to be typed: moves go through the service (P3)."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import BinFilter, CrmAdmin, ReadOnlyAdmin, RecordAdmin, RowsInline
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused

from .models import (
    Deal,
    DealContact,
    FrozenDeal,
    FrozenForecast,
    FrozenOutlook,
    KeptForecast,
    LostReason,
    Pipeline,
    Stage,
    StageChange,
)
from .services import bin_deal, create_deal, edit_deal, move_deal, reopen_deal, restore_deal


class MoveForm(ActionForm):
    """The actions of deals, with the stage to which "Move" moves."""

    stage = forms.ModelChoiceField(queryset=Stage.objects.usable().select_related("pipeline"), required=False)
    lost_reason = forms.ModelChoiceField(queryset=LostReason.objects.filter(archived_at=None), required=False)


class PersonInline(RowsInline):
    """People in a deal."""

    model = DealContact


class VisitInline(RowsInline):
    """The stages that a deal went through."""

    model = StageChange
    fk_name = "deal"
    fields = ("at", "from_stage", "to_stage", "until", "undone_at", "user", "amount", "currency")
    ordering = ("at",)


@admin.register(Deal)
class DealAdmin(RecordAdmin):
    """Deals."""

    list_display = ("title", "company", "owner", "stage", "amount", "currency", "expected_close", "closed_on")
    list_filter = (BinFilter, "pipeline", "stage", "owner")
    list_select_related = ("company", "owner", "stage")
    search_fields = ("search_text",)
    autocomplete_fields = ("owner", "company")
    fields = (
        "title", "owner", "company", "amount", "currency", "expected_close", "source", "description", "tags",
        "forecast_category", "probability", "pipeline", "stage", "stage_entered_at", "closed_on", "closed_at",
        "lost_reason", "lost_comment", "snoozed_until",
    )  # fmt: skip
    readonly_fields = (
        "pipeline", "stage", "stage_entered_at", "closed_on", "closed_at", "lost_reason", "lost_comment",
        "snoozed_until",
    )  # fmt: skip
    inlines = (PersonInline, VisitInline)
    action_form = MoveForm
    actions: Any = ("move_to_stage", "reopen", "put_into_bin", "restore")
    ordering = ("-id",)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Deal:
        """Change a deal by its service; whoever types another currency here means it."""
        return edit_deal(deal_id=pk, values=values, actor=self.actor(request), confirm_currency=True)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Deal:
        """Make a deal by its service."""
        return create_deal(actor=self.actor(request), **values)

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put deals into the bin."""
        return len([bin_deal(deal_id=pk, actor=actor) for pk in ids])

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring deals back."""
        return len([restore_deal(deal_id=pk, actor=actor) for pk in ids])

    @admin.action(description=_("Move to the stage chosen here"))
    def move_to_stage(self, request: HttpRequest, queryset: Any) -> None:
        """Move the chosen deals by the service: all of them, or none and why."""
        form = MoveForm(request.POST)
        cast(forms.ChoiceField, form.fields["action"]).choices = self.get_action_choices(request)
        if not form.is_valid() or form.cleaned_data["stage"] is None:
            messages.error(request, _("Choose a stage."))
            return
        stage, reason = form.cleaned_data["stage"], form.cleaned_data["lost_reason"]
        wrong = queryset.exclude(pipeline=stage.pipeline).first()
        if wrong is not None:
            raise Refused(_("%(title)s is in another pipeline.") % {"title": wrong.title})
        for deal_id in queryset.values_list("pk", flat=True):
            move_deal(deal_id=deal_id, to_stage=stage, lost_reason=reason, actor=self.actor(request))
        self.told(request, len(queryset), _("Moved: %(count)d"))

    @admin.action(description=_("Reopen"))
    def reopen(self, request: HttpRequest, queryset: Any) -> None:
        """Open closed deals again."""
        closed = list(queryset.filter(closed_at__isnull=False).values_list("pk", flat=True))
        for deal_id in closed:
            reopen_deal(deal_id=deal_id, actor=self.actor(request))
        self.told(request, len(closed), _("Reopened: %(count)d"))


class StageInline(RowsInline):
    """The stages of a pipeline."""

    model = Stage
    fields = ("position", "name", "kind_of", "probability", "forecast_category", "idle_days", "archived_at")
    readonly_fields = ("archived_at",)
    ordering = ("position",)


@admin.register(Pipeline)
class PipelineAdmin(CrmAdmin):
    """Pipelines. New ones are made in the settings, since each needs its stages."""

    list_display = ("name", "position", "archived_at")
    search_fields = ("name",)
    inlines = (StageInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the settings page makes a pipeline with its stages (P1)."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: pipelines are archived."""
        return False


@admin.register(Stage)
class StageAdmin(CrmAdmin):
    """Stages: words, probability and limits. What a stage means for a deal does not change here (P2)."""

    list_display = ("name", "pipeline", "position", "kind_of", "probability", "idle_days", "archived_at")
    list_filter = ("pipeline", "kind_of")
    list_select_related = ("pipeline",)
    search_fields = ("name",)
    readonly_fields = ("pipeline", "kind_of", "archived_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the settings page adds stages in their place."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: stages are archived, and keep their place in past reports (P1)."""
        return False


@admin.register(LostReason)
class LostReasonAdmin(CrmAdmin):
    """Why deals are lost."""

    list_display = ("name", "not_a_loss", "position", "archived_at")
    search_fields = ("name",)
    readonly_fields = ("archived_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: reasons are archived."""
        return False


@admin.register(StageChange)
class StageChangeAdmin(ReadOnlyAdmin):
    """Stage visits (P9)."""

    list_display = ("at", "deal", "from_stage", "to_stage", "until", "undone_at", "user")
    list_filter = ("pipeline", "to_stage")
    list_select_related = ("deal", "from_stage", "to_stage", "user")
    search_fields = ("deal_id__exact",)
    ordering = ("-id",)


@admin.register(DealContact)
class DealContactAdmin(ReadOnlyAdmin):
    """People in deals; they are changed on the deal's page."""

    list_display = ("deal", "contact", "role", "primary")
    list_select_related = ("deal", "contact")
    ordering = ("-id",)


@admin.register(FrozenForecast)
class FrozenForecastAdmin(ReadOnlyAdmin):
    """Forecasts frozen on Mondays."""

    list_display = ("monday", "frozen_at", "built_at", "late")
    ordering = ("-monday",)


@admin.register(FrozenDeal)
class FrozenDealAdmin(ReadOnlyAdmin):
    """Deals in frozen forecasts."""

    list_display = (
        "forecast",
        "deal_id",
        "amount",
        "currency",
        "stage",
        "configured",
        "learned",
        "owner",
        "close_month",
    )
    list_select_related = ("forecast", "stage", "owner")
    ordering = ("-id",)


@admin.register(FrozenOutlook)
class FrozenOutlookAdmin(ReadOnlyAdmin):
    """What frozen forecasts foretold of a month."""

    list_display = ("forecast", "month", "team", "owner", "won", "mean", "low", "high")
    list_select_related = ("forecast", "team", "owner")
    ordering = ("-id",)


@admin.register(KeptForecast)
class KeptForecastAdmin(ReadOnlyAdmin):
    """Answers that the worker computes."""

    list_display = ("day", "asked_at", "failed")
    ordering = ("-asked_at",)
