"""Forms of saved views and of layouts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.kernel.users.models import Team

from .models import Shared


class SharingForm(forms.Form):
    """Name and sharing of a view or a list."""

    name = forms.CharField(label=_("Name"), max_length=80)
    shared = forms.ChoiceField(label=_("Who can use it"), choices=Shared.choices, initial=Shared.NOBODY)
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.all(),
        required=False,
        empty_label=_("Choose a team"),
        help_text=_("This team and all teams below it, if it is shared with a team."),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: self.cleaned_data[name] for name in ("name", "shared", "team")}
