"""Addresses of contacts, leads and companies (ARCHITECTURE 6)."""

from django.urls import path

from .views import bin as bins
from .views import companies, contacts, duplicates, fields, lists, matching, options, personal, picking

app_name = "contacts"
urlpatterns = [
    path("contacts/", lists.contact_list, name="contact_list"),
    path("contacts/new/", contacts.contact_new, name="contact_new"),
    path("contacts/bin/", bins.contact_bin_list, name="contact_bin_list"),
    path("contacts/options/", options.contact_options, name="contact_options"),
    path("contacts/<uuid:pk>/", contacts.contact_detail, name="contact_detail"),
    path("contacts/<uuid:pk>/edit/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<uuid:pk>/stage/", contacts.contact_stage, name="contact_stage"),
    path("contacts/<uuid:pk>/claim/", contacts.contact_claim, name="contact_claim"),
    path("contacts/<uuid:pk>/bin/", bins.contact_bin, name="contact_bin"),
    path("contacts/<uuid:pk>/restore/", bins.contact_restore, name="contact_restore"),
    path("contacts/<uuid:pk>/fields/<slug:key>/", fields.contact_field, name="contact_field"),
    path("contacts/<uuid:pk>/personal/", personal.contact_personal, name="contact_personal"),
    path("contacts/<uuid:pk>/personal/archive/", personal.contact_archive, name="contact_archive"),
    path("contacts/<uuid:pk>/personal/erase/", personal.contact_erase, name="contact_erase"),
    path("personal/<uuid:pk>/", personal.personal_archive, name="personal_archive"),
    path("duplicates/", duplicates.duplicate_list, name="duplicate_list"),
    path("duplicates/dismissed/", duplicates.dismissal_list, name="dismissal_list"),
    path("duplicates/dismissed/<uuid:pk>/", duplicates.dismissal_undo, name="dismissal_undo"),
    path("duplicates/ticked/", picking.duplicate_ticked, name="duplicate_ticked"),
    path("duplicates/<slug:kind>/<uuid:first>/", picking.duplicate_pick, name="duplicate_pick"),
    path("duplicates/hints/<slug:kind>/", matching.duplicate_hints, name="duplicate_hints"),
    path("duplicates/<slug:kind>/<uuid:first>/<uuid:second>/", duplicates.duplicate_merge, name="duplicate_merge"),
    path(
        "duplicates/<slug:kind>/<uuid:first>/<uuid:second>/dismiss/",
        duplicates.duplicate_dismiss,
        name="duplicate_dismiss",
    ),
    path("settings/duplicates/<slug:kind>/", matching.duplicate_rules, name="duplicate_rules"),
    path("settings/duplicates/<slug:kind>/scan/", matching.scan_start, name="scan_start"),
    path("settings/duplicates/", matching.duplicate_rules_home, name="duplicate_rules_home"),
    path("settings/scans/<uuid:pk>/stop/", matching.scan_stop, name="scan_stop"),
    path("settings/scans/<uuid:pk>/resume/", matching.scan_resume, name="scan_resume"),
    path("leads/", lists.lead_list, name="lead_list"),
    path("leads/new/", contacts.lead_new, name="lead_new"),
    path("companies/", lists.company_list, name="company_list"),
    path("companies/new/", companies.company_new, name="company_new"),
    path("companies/bin/", bins.company_bin_list, name="company_bin_list"),
    path("companies/options/", options.company_options, name="company_options"),
    path("companies/<uuid:pk>/", companies.company_detail, name="company_detail"),
    path("companies/<uuid:pk>/edit/", companies.company_edit, name="company_edit"),
    path("companies/<uuid:pk>/bin/", bins.company_bin, name="company_bin"),
    path("companies/<uuid:pk>/restore/", bins.company_restore, name="company_restore"),
    path("companies/<uuid:pk>/fields/<slug:key>/", fields.company_field, name="company_field"),
]
