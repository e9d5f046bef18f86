"""Addresses of listing: saved views, layouts, imports, exports, bulk actions, the purge of the bin."""

from django.urls import path

from .bulk import views as bulk
from .exports import views as exports
from .imports import views
from .purging import views as purging
from .saved import list_views as lists
from .saved import views as saved

app_name = "listing"
urlpatterns = [
    path("views/new/", saved.view_new, name="view_new"),
    path("views/pinned/", saved.pinned_views, name="pinned_views"),
    path("views/<uuid:pk>/edit/", saved.view_edit, name="view_edit"),
    path("views/<uuid:pk>/update/", saved.view_update, name="view_update"),
    path("views/<uuid:pk>/delete/", saved.view_delete, name="view_delete"),
    path("lists/", lists.record_lists, name="record_lists"),
    path("lists/new/", lists.list_new, name="list_new"),
    path("lists/put/", lists.list_put, name="list_put"),
    path("lists/<uuid:pk>/edit/", lists.list_edit, name="list_edit"),
    path("lists/<uuid:pk>/delete/", lists.list_delete, name="list_delete"),
    path("lists/<slug:key>/layout/", saved.list_layout, name="list_layout"),
    path("lists/<slug:key>/prefer/", saved.list_prefer, name="list_prefer"),
    path("import/", views.import_list, name="import_list"),
    path("import/new/", views.import_new, name="import_new"),
    path("import/<uuid:pk>/", views.import_run, name="import_run"),
    path("import/<uuid:pk>/columns/", views.import_columns, name="import_columns"),
    path("import/<uuid:pk>/format/", views.import_format, name="import_format"),
    path("import/<uuid:pk>/values/", views.import_values, name="import_values"),
    path("import/<uuid:pk>/start/", views.import_start, name="import_start"),
    path("import/<uuid:pk>/stop/", views.import_stop, name="import_stop"),
    path("import/<uuid:pk>/resume/", views.import_resume, name="import_resume"),
    path("import/<uuid:pk>/undo/", views.import_undo, name="import_undo"),
    path("import/<uuid:pk>/discard/", views.import_discard, name="import_discard"),
    path("import/<uuid:pk>/left-out.csv", views.import_problems, name="import_problems"),
    path("bulk/<slug:key>/", bulk.bulk_action, name="bulk_action"),
    path("bulk/runs/<uuid:pk>/", bulk.bulk_run, name="bulk_run"),
    path("bulk/runs/<uuid:pk>/stop/", bulk.bulk_stop, name="bulk_stop"),
    path("bulk/runs/<uuid:pk>/resume/", bulk.bulk_resume, name="bulk_resume"),
    path("bulk/runs/<uuid:pk>/left-out.csv", bulk.bulk_refused, name="bulk_refused"),
    path("export/new/", exports.export_new, name="export_new"),
    path("export/<uuid:pk>/", exports.export_run, name="export_run"),
    path("export/<uuid:pk>/stop/", exports.export_stop, name="export_stop"),
    path("export/<uuid:pk>/restart/", exports.export_restart, name="export_restart"),
    path("export/<uuid:pk>/file/", exports.export_file, name="export_file"),
    path("settings/export/", exports.export_everything, name="export_everything"),
    path("settings/bin/", purging.bin_home, name="bin_home"),
    path("settings/bin/purge/<slug:kind>/", purging.purge_new, name="purge_new"),
    path("settings/bin/runs/<uuid:pk>/", purging.purge_run, name="purge_run"),
    path("settings/bin/runs/<uuid:pk>/stop/", purging.purge_stop, name="purge_stop"),
    path("settings/bin/runs/<uuid:pk>/resume/", purging.purge_resume, name="purge_resume"),
]
