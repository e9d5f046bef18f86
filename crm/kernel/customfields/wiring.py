"""Ties custom fields to the rest: settings menu, history, undo, and the worker."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.columns import JsonPart, divide_with
from crm.kernel.audit.registry import label_commands, recompute_with, retire_with
from crm.kernel.core import navigation
from crm.kernel.core.changes import Actor
from crm.kernel.core.navigation import NavItem
from crm.kernel.core.remember import forget
from crm.kernel.events.bus import consume
from crm.kernel.events.models import Event
from crm.kernel.events.tasks import run_later

from .counts import holding
from .events import FieldJobReady
from .fields import all_fields, column_key, may_see
from .models import CustomField, FieldJob
from .services.jobs import start_job
from .types import type_of

TASK = "crm.kernel.customfields.tasks.work_on_field_job"


def connect() -> None:
    """Called when the app is ready."""
    consume(FieldJobReady, "fields.work", hand_to_worker)
    recompute_with(CustomField, after_undo)
    retire_with(CustomField, needed, retire)
    divide_with("custom", parts_for)
    navigation.register_settings(
        NavItem(
            "fields", _("Custom fields"), "customfields:field_list", "text-cursor-input", order=40,
            group=_("Workspace"), visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip
    label_commands(
        {
            "fields.create": _("added a custom field"),
            "fields.edit": _("changed a custom field"),
            "fields.order": _("ordered custom fields"),
            "fields.remove": _("removed a custom field"),
            "fields.restore": _("restored a custom field"),
            "fields.options": _("changed the choices of a custom field"),
            "fields.remove_option": _("removed a choice of a custom field"),
            "fields.retype": _("changed the type of a custom field"),
            "fields.settle": _("cleared values that did not fit"),
            "fields.convert": _("changed values of a custom field"),
            "fields.stop": _("stopped work on a custom field"),
            "fields.resume": _("went on with work on a custom field"),
        }
    )


def parts_for(model: Any, actor: Actor | None) -> list[JsonPart]:
    """Return the custom fields in which the history of a record is told: those that the actor may see, removed ones too.

    Without an actor those that everybody may see.
    """
    return [
        JsonPart("custom", each.key, column_key(each), each.label, type_of(each).show)
        for each in all_fields()
        if each.record_kind == model.kind and (may_see(each, actor) if actor is not None else not each.roles)
    ]


def hand_to_worker(event: Event) -> None:
    """Consume `FieldJobReady`: send a task of its own, so that the event is not held for as long as the work takes."""
    run_later(TASK, str(event.subject_id))


def needed(ids: Collection[UUID]) -> list[UUID]:
    """Return which of these fields an undo of their creation must keep: records hold values, or an index is built."""
    rows = CustomField.objects.filter(pk__in=ids)
    return [each.pk for each in rows if each.indexed_at is not None or holding(each)]


def retire(ids: Collection[UUID]) -> None:
    """Take fields out of use as removing them does: their values stay, out of sight, until they are restored (C2)."""
    CustomField.objects.live().filter(pk__in=ids).update(removed_at=timezone.now())


def after_undo(ids: Iterable[UUID]) -> Any:
    """Index and find anew by fields whose definition an undo has put back (H2)."""
    forget()
    for field in CustomField.objects.filter(pk__in=list(ids)):
        start_job(field, FieldJob.Task.INDEX, Actor.system("custom fields"))
        start_job(field, FieldJob.Task.SEARCH, Actor.system("custom fields"))
