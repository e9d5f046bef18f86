"""Definitions of custom fields (C1), and the column in which records keep their values."""

from typing import Any, ClassVar, Self

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed

# A key stands in addresses, import files and rules; it never changes, whatever becomes of the label.
field_key = RegexValidator(r"^[a-z][a-z0-9_]{0,39}\Z", _("Use small letters, digits and underscores, a letter first."))


class CustomFieldQuerySet(models.QuerySet[Any]):
    """Query verbs for definitions."""

    def live(self) -> Self:
        """Return the fields in use; a removed one keeps its values until somebody decides what becomes of them (C2)."""
        return self.filter(removed_at__isnull=True)


@tracked()
class CustomField(Keyed):
    """One custom field of contacts, companies or deals (C1).

    Values stand on the record in `custom[key]`, an empty one not at all, in these shapes: text, long text and URL as a
    string; number as a plain decimal in a string; money as `{"amount": "12.50", "currency": "EUR"}`; date as
    `"2026-11-25"`; yes/no as true or false; dropdown as the key of an option, multi-select as a list of keys; user as
    the id of a person. `roles` are the keys of the roles that may see it, none means everybody.
    """

    class Kind(models.TextChoices):
        """What has custom fields."""

        CONTACT = "contact", _("Contact")
        COMPANY = "company", _("Company")
        DEAL = "deal", _("Deal")

    class Type(models.TextChoices):
        """What a field holds."""

        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        DROPDOWN = "dropdown", _("Dropdown")
        MULTI_SELECT = "multi_select", _("Multi-select")
        URL = "url", _("Web address")
        USER = "user", _("Person")

    kind: ClassVar[str] = "customfield"
    derived: ClassVar[tuple[str, ...]] = ("indexed_at",)

    record_kind = models.CharField(_("on"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=40, validators=[field_key])
    label = models.CharField(_("label"), max_length=80)
    type = models.CharField(_("type"), max_length=14, choices=Type.choices)
    # [{"key": "hardware", "label": "Hardware", "retired": false}, ...] in the order of the menu; a retired option is no
    # longer offered, and the values that hold it stay.
    options = models.JSONField(_("options"), default=list, blank=True)
    required = models.BooleanField(_("required"), default=False)
    help_text = models.CharField(_("help text"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    roles = ArrayField(models.CharField(max_length=40), verbose_name=_("who may see it"), default=list, blank=True)
    sortable = models.BooleanField(_("fast sorting"), default=False)
    indexed_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, editable=False)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["record_kind", "position", "label"]
        constraints = [models.UniqueConstraint(fields=["record_kind", "key"], name="customfield_key")]

    def __str__(self) -> str:
        return self.label


class FieldJobQuerySet(models.QuerySet[Any]):
    """Query verbs for work on values."""

    def unfinished(self) -> Self:
        """Return what a worker has to do or does."""
        return self.filter(state__in=(FieldJob.State.WAITING, FieldJob.State.RUNNING))

    def abandoned(self) -> Self:
        """Return what should be at work and no worker holds."""
        return self.unfinished().filter(Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now()))


class FieldJob(Keyed):
    """Work on all values of one field, done by a worker in batches: convert them, index them, find records by them.

    A conversion belongs to the change-set of the command that asked for it, so one undo takes back all of it (C2, H2).
    `position` is the last record done: a job that was stopped or lost its worker goes on behind it.
    """

    class Task(models.TextChoices):
        """What is done to the values."""

        CONVERT = "convert", _("Changing the stored values")
        INDEX = "index", _("Preparing fast sorting")
        SEARCH = "search", _("Updating the search")

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    kind: ClassVar[str] = "fieldjob"

    # No foreign key: the job of a field whose creation was undone ends by itself.
    field_id = models.UUIDField(db_index=True)
    task = models.CharField(max_length=8, choices=Task.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # For a conversion: {"options": {"old key": "new key" or null}}, or {"misfits": "keep" or "clear"}, or {"clear": true}.
    plan = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    position = models.UUIDField(null=True)
    changeset_id = models.UUIDField(null=True)
    user = models.ForeignKey("users.User", models.SET_NULL, null=True, related_name="+")
    error = models.CharField(max_length=300, blank=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = FieldJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("work on a custom field")
        verbose_name_plural = _("work on custom fields")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_task_display()} ({self.get_state_display()})"

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100."""
        return min(100 * self.done // self.total, 100) if self.total else 0


class Customised(models.Model):
    """A record with custom fields: their values by key, in the shapes that `CustomField` names."""

    custom = models.JSONField(_("custom fields"), default=dict, db_default={}, blank=True)

    class Meta:
        abstract = True


def customised(record_kind: str) -> type[Any]:
    """Return the model of a kind of record with custom fields."""
    return next(each for each in apps.get_models() if issubclass(each, Customised) and each.kind == record_kind)  # type: ignore[attr-defined]


def custom_index(name: str) -> GinIndex:
    """Return the one index by which all custom fields of a table are filtered."""
    return GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name=name)
