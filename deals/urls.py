"""Addresses of deals (ARCHITECTURE 6)."""

from django.urls import path

from .views import adopting, board, deals, forms, moves, settings

app_name = "deals"
urlpatterns = [
    path("deals/", deals.deal_list, name="deal_list"),
    path("deals/board/", board.board, name="board"),
    path("deals/board/past/", board.board_past, name="board_past"),
    path("deals/board/changes/", board.board_changes, name="board_changes"),
    path("deals/quick/", forms.quick_add, name="quick_add"),
    path("deals/new/", forms.deal_new, name="deal_new"),
    path("deals/bin/", deals.deal_bin, name="deal_bin"),
    path("deals/<uuid:pk>/", deals.deal_detail, name="deal_detail"),
    path("deals/<uuid:pk>/edit/", forms.deal_edit, name="deal_edit"),
    path("deals/<uuid:pk>/owner/", forms.deal_owner, name="deal_owner"),
    path("deals/<uuid:pk>/fields/<slug:key>/", deals.deal_field, name="deal_field"),
    path("deals/<uuid:pk>/move/", moves.deal_move, name="deal_move"),
    path("deals/<uuid:pk>/reopen/", moves.deal_reopen, name="deal_reopen"),
    path("deals/<uuid:pk>/pipeline/", moves.deal_pipeline, name="deal_pipeline"),
    path("deals/<uuid:pk>/keep/", forms.deal_keep, name="deal_keep"),
    path("deals/<uuid:pk>/snooze/", forms.deal_snooze, name="deal_snooze"),
    path("deals/<uuid:pk>/clone/", forms.deal_clone, name="deal_clone"),
    path("deals/<uuid:pk>/people/", deals.deal_person_add, name="deal_person_add"),
    path("deals/<uuid:pk>/people/<uuid:contact>/", deals.deal_person, name="deal_person"),
    path("deals/<uuid:pk>/bin/", deals.deal_binned, name="deal_binned"),
    path("deals/<uuid:pk>/restore/", deals.deal_restored, name="deal_restored"),
    path("settings/pipelines/", settings.stage_settings, name="stage_settings"),
    path("settings/pipelines/new/", settings.pipeline_new, name="pipeline_new"),
    path("settings/pipelines/<uuid:pk>/", settings.pipeline_edit, name="pipeline_edit"),
    path("settings/pipelines/<uuid:pk>/archive/", settings.pipeline_archive, name="pipeline_archive"),
    path("settings/pipelines/<uuid:pk>/adopt/", adopting.probabilities_adopt, name="probabilities_adopt"),
    path("settings/pipelines/<uuid:pk>/order/", settings.stage_order, name="stage_order"),
    path("settings/stages/new/", settings.stage_new, name="stage_new"),
    path("settings/stages/<uuid:pk>/", settings.stage_edit, name="stage_edit"),
    path("settings/stages/<uuid:pk>/archive/", settings.stage_archive, name="stage_archive"),
    path("settings/reasons/new/", settings.reason_new, name="reason_new"),
    path("settings/reasons/order/", settings.reason_order, name="reason_order"),
    path("settings/reasons/<uuid:pk>/", settings.reason_edit, name="reason_edit"),
    path("settings/reasons/<uuid:pk>/archive/", settings.reason_archive, name="reason_archive"),
    path("leads/<uuid:pk>/qualify/", forms.lead_qualify, name="lead_qualify"),
]
