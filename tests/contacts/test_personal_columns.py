"""Every text that may hold something of a person is declared: what an erasure blanks, or that it tells nothing (H1)."""

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from contacts.models import Contact
from crm.kernel.core.personal import holdings
from crm.kernel.core.relations import relations_of

TEXTS = (models.CharField, models.TextField, models.JSONField, ArrayField)


def linked() -> set[type[models.Model]]:
    """Return the models whose rows belong to contacts, and those that their links lead to."""
    found = {Contact} | {relation.model for relation in relations_of("contact")}
    for model in apps.get_models():
        refers = any(f.is_relation and f.related_model is Contact for f in model._meta.concrete_fields)
        if refers and not model.__name__.endswith("History"):
            found.add(model)
    for model in list(found):
        if parent := getattr(model, "history_parent", None):
            found.add(model._meta.get_field(parent).related_model)
    return found


# What the product makes itself: states and counts of runs, marks without words.
APART = {"Erasure", "PersonalRun"}


def test_every_text_column_of_a_table_linked_to_contacts_is_declared():
    known: dict[type[models.Model], set[str]] = {}
    for each in holdings():
        known.setdefault(each.model, set()).update(each.blank, each.keep)
    missing = [
        f"{model.__name__}.{field.attname}"
        for model in linked()
        if model.__name__ not in APART
        for field in model._meta.concrete_fields
        if isinstance(field, TEXTS) and field.attname not in known.get(model, set())
    ]
    assert not missing, f"say in personal.py what becomes of {sorted(missing)} when a person is erased"
