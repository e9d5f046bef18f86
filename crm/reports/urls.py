"""Addresses of reports (ARCHITECTURE 6)."""

from django.urls import path

from .views import dashboard, mails, reports, targets

app_name = "reports"
urlpatterns = [
    path("reports/", dashboard.overview, name="report_home"),
    path("reports/all/", reports.report_index, name="report_index"),
    path("reports/mails/", mails.mail_list, name="mail_list"),
    path("reports/mails/<uuid:pk>/", mails.mail_edit, name="mail_edit"),
    path("reports/mails/<uuid:pk>/remove/", mails.mail_remove, name="mail_remove"),
    path("reports/views/<uuid:pk>/remove/", mails.view_remove, name="view_remove"),
    path("reports/<slug:name>/", reports.report_page, name="report"),
    path("reports/<slug:name>/mail/", mails.mail_new, name="mail_new"),
    path("reports/<slug:name>/save/", mails.view_new, name="view_new"),
    path("settings/targets/", targets.targets, name="targets"),
]
