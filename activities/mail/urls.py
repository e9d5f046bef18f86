"""Addresses of mail; `activities.urls` takes them up."""

from django.urls import path

from .views import compose, outbox, templates, unsubscribe

urlpatterns = [
    path("settings/templates/", templates.template_list, name="template_list"),
    path("settings/templates/new/", templates.template_new, name="template_new"),
    path("settings/templates/<uuid:pk>/", templates.template_edit, name="template_edit"),
    path("settings/templates/<uuid:pk>/archive/", templates.template_archive, name="template_archive"),
    path("settings/templates/<uuid:pk>/restore/", templates.template_restore, name="template_restore"),
    path("settings/templates/<uuid:pk>/test/", templates.template_test, name="template_test"),
    path("settings/templates/<uuid:pk>/frame/", templates.template_frame, name="template_frame"),
    path("settings/outbox/", outbox.outbox, name="outbox"),
    path("settings/outbox/<uuid:pk>/", outbox.mail_detail, name="mail_detail"),
    path("settings/outbox/<uuid:pk>/cancel/", outbox.mail_cancel, name="mail_cancel"),
    path("settings/outbox/<uuid:pk>/retry/", outbox.mail_retry, name="mail_retry"),
    path("settings/blocks/", outbox.block_list, name="block_list"),
    path("settings/blocks/<uuid:pk>/lift/", outbox.block_lift, name="block_lift"),
    path("mail/unsubscribe/<str:token>/", unsubscribe.unsubscribe_page, name="unsubscribe"),
    path("mail/compose/<str:kind>/<uuid:pk>/", compose.compose, name="compose"),
]
