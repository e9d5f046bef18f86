"""Addresses of listing: the import."""

from django.urls import path

from .imports import views

app_name = "listing"
urlpatterns = [
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
]
