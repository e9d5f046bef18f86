"""The admin app with our site in place of Django's. A module of its own: it is read before the apps are loaded."""

from django.contrib.admin.apps import AdminConfig


class CrmAdminConfig(AdminConfig):
    """Named in INSTALLED_APPS."""

    default_site = "crm.kernel.core.adminsite.CrmAdminSite"
