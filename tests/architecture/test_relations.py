"""Whoever refers to a contact or company says what becomes of it in a merge (ARCHITECTURE 3, M3)."""

from django.apps import apps
from django.db import models

from contacts.models import Company, Contact
from crm.kernel.core.history import HistoryRow
from crm.kernel.core.relations import declared


def references():
    """Yield (model, column) of every reference: foreign keys, and pairs of kind and id."""
    for model in apps.get_models():
        if issubclass(model, HistoryRow) or model._meta.auto_created or not model._meta.managed:
            continue
        names = {field.name for field in model._meta.concrete_fields}
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model in (Contact, Company):
                yield model, field.attname
        if {"record_kind", "record_id"} <= names:
            yield model, "record_id"


def test_every_reference_is_declared():
    missing = set(references()) - declared()
    assert not missing, "declare these in AppConfig.ready(), see crm/kernel/core/relations.py"


def test_references_are_found():
    found = {model.__name__ for model, _column in references()}
    assert {"ContactEmail", "DealContact", "ActivityContact", "Task", "Deal", "Favourite"} <= found
