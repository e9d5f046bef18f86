"""Addresses of the settings of custom fields."""

from django.urls import path

from .views import changes, fields

app_name = "customfields"
urlpatterns = [
    path("settings/fields/", fields.field_list, name="field_list"),
    path("settings/fields/new/", fields.field_new, name="field_new"),
    path("settings/fields/order/", fields.field_order, name="field_order"),
    path("settings/fields/<uuid:pk>/", fields.field_edit, name="field_edit"),
    path("settings/fields/<uuid:pk>/choices/", fields.field_options, name="field_options"),
    path("settings/fields/<uuid:pk>/choices/<slug:key>/", changes.option_remove, name="option_remove"),
    path("settings/fields/<uuid:pk>/type/", changes.field_type, name="field_type"),
    path("settings/fields/<uuid:pk>/settle/", changes.field_settle, name="field_settle"),
    path("settings/fields/<uuid:pk>/remove/", changes.field_remove, name="field_remove"),
    path("settings/fields/<uuid:pk>/restore/", changes.field_restore, name="field_restore"),
    path("settings/fields/jobs/<uuid:pk>/", changes.field_job, name="field_job"),
]
