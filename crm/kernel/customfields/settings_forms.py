"""Forms of the settings of custom fields (C1, C2)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.users.models import Role

from .models import CustomField
from .types import REGISTRY


class LinesField(forms.CharField):
    """Choices, one a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not empty."""
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


class FieldForm(forms.Form):
    """What can be changed of a field at any time."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    help_text = forms.CharField(label=gettext_lazy("Help text"), max_length=300, required=False)
    required = forms.BooleanField(label=gettext_lazy("Required of new records"), required=False)
    sortable = forms.BooleanField(
        label=gettext_lazy("Fast sorting"), required=False,
        help_text=gettext_lazy("Builds an index; saving records of this kind waits some seconds while it is built."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Who may see it"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nobody ticked means everybody. Whoever may change the settings sees all fields."),
    )  # fmt: skip

    def __init__(self, *args: Any, field: CustomField | None = None, **kwargs: Any) -> None:
        if field is not None:
            kwargs["initial"] = {name: getattr(field, name) for name in self.base_fields if hasattr(field, name)}
        super().__init__(*args, **kwargs)
        roles = Role.objects.order_by("name").values_list("key", "name")
        self.fields["roles"].choices = list(roles)  # type: ignore[attr-defined]
        if field is not None and not REGISTRY[field.type].indexable:
            del self.fields["sortable"]


class NewFieldForm(FieldForm):
    """A new field: also its type and, for those that have some, its choices."""

    type = forms.ChoiceField(
        label=gettext_lazy("Type"), widget=forms.RadioSelect, choices=CustomField.Type.choices,
        initial=CustomField.Type.TEXT,
    )  # fmt: skip
    options = LinesField(label=gettext_lazy("Choices"), required=False, help_text=gettext_lazy("One a line"))


class MisfitsForm(forms.Form):
    """What becomes of values that do not fit a new type."""

    misfits = forms.ChoiceField(
        label=gettext_lazy("What cannot be read"), widget=forms.RadioSelect, initial="keep",
        choices=[
            ("keep", gettext_lazy("Keep it on the records, shown as it is, until somebody decides")),
            ("clear", gettext_lazy("Clear it")),
        ],
    )  # fmt: skip
    options = LinesField(label=gettext_lazy("Choices"), required=False, help_text=gettext_lazy("One a line"))

    def __init__(self, *args: Any, field: CustomField, to: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not REGISTRY[to].has_options or REGISTRY[field.type].has_options:
            del self.fields["options"]


class RemoveFieldForm(forms.Form):
    """What becomes of the values of a field that is removed."""

    values = forms.ChoiceField(
        label=gettext_lazy("Its values"), widget=forms.RadioSelect, initial="keep",
        choices=[
            ("keep", gettext_lazy("Keep them out of sight; restoring the field brings them back")),
            ("clear", gettext_lazy("Clear them from the records")),
        ],
    )  # fmt: skip


class RemoveOptionForm(forms.Form):
    """What becomes of the records that hold an option that is removed."""

    choice = forms.ChoiceField(label=gettext_lazy("Records that hold it"), widget=forms.RadioSelect, initial="keep")
    into = forms.ChoiceField(label=gettext_lazy("The other choice"), required=False)

    def __init__(self, *args: Any, field: CustomField, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(each["key"], each["label"]) for each in field.options if each["key"] != key]
        choices = [
            ("keep", _("Keep it: the choice is no longer offered")),
            ("into", _("Get another choice instead: the two are merged")),
            ("clear", _("Lose it")),
        ]
        self.fields["choice"].choices = [each for each in choices if others or each[0] == "keep"]  # type: ignore[attr-defined]
        self.fields["into"].choices = [("", "—"), *others]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask which one, if another choice is wanted."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("choice") == "into" and not data.get("into"):
            self.add_error("into", _("Choose another choice."))
        return data
