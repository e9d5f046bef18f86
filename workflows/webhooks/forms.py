"""What people type about webhooks."""

from django import forms
from django.utils.translation import gettext_lazy as _


class EndpointForm(forms.Form):
    """An endpoint."""

    name = forms.CharField(label=_("Name"), max_length=120)
    url = forms.CharField(
        label=_("Address"), max_length=2000, widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=_("https://… of the program that is to be told. Addresses inside our network are refused."),
    )  # fmt: skip
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class HostForm(forms.Form):
    """A host inside the network."""

    host = forms.CharField(label=_("Host"), max_length=253)
