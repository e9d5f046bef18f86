"""Addresses of contacts, leads and companies (ARCHITECTURE 6)."""

from django.urls import path

from .views import lists

app_name = "contacts"
urlpatterns = [
    path("contacts/", lists.contact_list, name="contact_list"),
    path("leads/", lists.lead_list, name="lead_list"),
    path("companies/", lists.company_list, name="company_list"),
]
