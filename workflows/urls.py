"""Addresses of automation (ARCHITECTURE 6)."""

from django.urls import path

from .views import building, publishing, records, rules, runs, texts, trying

app_name = "workflows"
urlpatterns = [
    path("workflows/", rules.rule_list, name="rule_list"),
    path("workflows/new/", rules.rule_new, name="rule_new"),
    path("workflows/text/", texts.rules_text, name="rules_text"),
    path("workflows/import/", texts.rules_import, name="rules_import"),
    path("workflows/house/<slug:key>/", rules.rule_house, name="rule_house"),
    path("workflows/runs/", runs.run_list, name="run_list"),
    path("workflows/runs/steer/", runs.run_steer, name="run_steer"),
    path("workflows/runs/<uuid:pk>/", runs.run_page, name="run_page"),
    path("workflows/on/<str:kind>/<uuid:pk>/", records.record_rules, name="record_rules"),
    path("workflows/on/<str:kind>/<uuid:pk>/start/", records.record_start, name="record_start"),
    path("workflows/<uuid:pk>/", building.rule_page, name="rule_page"),
    path("workflows/<uuid:pk>/text/", texts.rule_text, name="rule_text"),
    path("workflows/<uuid:pk>/name/", rules.rule_name, name="rule_name"),
    path("workflows/<uuid:pk>/owner/", rules.rule_owner, name="rule_owner"),
    path("workflows/<uuid:pk>/publish/", publishing.rule_publish, name="rule_publish"),
    path("workflows/<uuid:pk>/try/", trying.rule_try, name="rule_try"),
    path("workflows/<uuid:pk>/try/stop/", trying.rule_try_stop, name="rule_try_stop"),
    path("workflows/<uuid:pk>/tried/", trying.rule_tried, name="rule_tried"),
    path("workflows/<uuid:pk>/pause/", rules.rule_pause, name="rule_pause"),
    path("workflows/<uuid:pk>/resume/", rules.rule_resume, name="rule_resume"),
    path("workflows/<uuid:pk>/discard/", rules.rule_discard, name="rule_discard"),
    path("workflows/<uuid:pk>/copy/", rules.rule_copy, name="rule_copy"),
    path("workflows/<uuid:pk>/delete/", rules.rule_delete, name="rule_delete"),
    path("workflows/<uuid:pk>/versions/<int:number>/", publishing.rule_version, name="rule_version"),
    path("workflows/<uuid:pk>/versions/<int:number>/restore/", publishing.rule_restore, name="rule_restore"),
]
