"""Custom fields in the admin, by the same services as the settings pages; values and choices are changed there alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import CrmAdmin, ReadOnlyAdmin

from .models import CustomField, FieldJob
from .services import create_field, edit_field, remove_field, restore_field
from .services.definitions import EDITABLE
from .settings_forms import LinesField


class NewFieldAdminForm(forms.ModelForm):
    """A new field with its choices, one a line."""

    choices = LinesField(label=_("Choices"), required=False, help_text=_("One a line"))

    class Meta:
        model = CustomField
        fields = ("record_kind", "label", "type", "choices", *EDITABLE[1:])


@admin.register(CustomField)
class CustomFieldAdmin(CrmAdmin):
    """Definitions of custom fields."""

    list_display = ("label", "record_kind", "key", "type", "required", "sortable", "indexed_at", "removed_at")
    list_filter = ("record_kind", "type", "removed_at")
    search_fields = ("label", "key")
    fields = ("record_kind", "key", "type", "options", *EDITABLE, "indexed_at", "removed_at")
    readonly_fields = ("record_kind", "key", "type", "options", "indexed_at", "removed_at")
    actions = ("remove", "restore")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for a type and choices of a new field alone."""
        return super().get_form(request, obj, change, **kwargs if obj else {**kwargs, "form": NewFieldAdminForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show of a new field what can be chosen."""
        return super().get_fields(request, obj) if obj else NewFieldAdminForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what does not change once a field is there."""
        return super().get_readonly_fields(request, obj) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a field is removed, and its values stay."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save by the service."""
        values = {name: form.cleaned_data[name] for name in EDITABLE}
        values["roles"] = values["roles"] or []
        if change:
            saved = edit_field(field_id=obj.pk, values=values, actor=self.actor(request))
        else:
            saved = create_field(
                record_kind=form.cleaned_data["record_kind"], type=form.cleaned_data["type"],
                options=form.cleaned_data["choices"], actor=self.actor(request), **values,
            )  # fmt: skip
        obj.pk = saved.pk
        obj.refresh_from_db()

    @admin.action(description=_("Remove, keeping the values"))
    def remove(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen fields out of use."""
        ids = list(queryset.live().values_list("pk", flat=True))
        for pk in ids:
            remove_field(field_id=pk, actor=self.actor(request))
        self.told(request, len(ids), _("Removed: %(count)d"))

    @admin.action(description=_("Restore"))
    def restore(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen fields into use again."""
        ids = list(queryset.filter(removed_at__isnull=False).values_list("pk", flat=True))
        for pk in ids:
            restore_field(field_id=pk, actor=self.actor(request))
        self.told(request, len(ids), _("Restored: %(count)d"))


@admin.register(FieldJob)
class FieldJobAdmin(ReadOnlyAdmin):
    """Work on values."""

    list_display = ("task", "state", "done", "total", "user", "created_at", "finished_at", "error")
    list_filter = ("task", "state")
