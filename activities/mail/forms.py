"""What people type about mail: a template, a mail to somebody, an address to block."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.widgets import TypeaheadInput
from deals.models import Deal

from .models import MOST_TEXT, EmailTemplate, may_share


class TemplateForm(forms.Form):
    """A template."""

    name = forms.CharField(label=_("Name"), max_length=120)
    subject = forms.CharField(label=_("Subject"), max_length=300, widget=forms.TextInput(attrs={"data-merge": True}))
    text = forms.CharField(
        label=_("Text"), required=False, max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 12, "data-merge": True}),
    )  # fmt: skip
    html = forms.CharField(
        label=_("HTML"), required=False, max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10, "data-merge": True, "class": "input code", "spellcheck": "false"}),
        help_text=_("Optional. Scripts, forms and foreign frames are taken out. Without a text it is told in plain words."),
    )  # fmt: skip
    marketing = forms.BooleanField(
        label=_("Marketing"), required=False, help_text=_("Carries a link and a button to unsubscribe.")
    )
    shared = forms.BooleanField(label=_("For everybody"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, template: EmailTemplate | None = None, **kwargs: Any) -> None:
        if template is not None:
            kwargs["initial"] = {name: getattr(template, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        if not may_share(actor):
            del self.fields["shared"]


def visible_record(kind: Any, value: str, actor: Actor) -> Any:
    """Return the live record with an id that somebody sent, None for one that is unknown or hidden (U3)."""
    try:
        return kind.objects.visible_to(actor).live().filter(pk=UUID(value)).first()
    except ValueError:
        return None


class PreviewForm(forms.Form):
    """For whom a template is shown."""

    contact = forms.CharField(label=_("Contact"), required=False)
    deal = forms.CharField(label=_("Deal"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        for name, model, url, arguments in (
            ("contact", Contact, "contacts:contact_options", None),
            ("deal", Deal, "activities:record_options", {"kind": "deal"}),
        ):
            self.fields[name].widget = TypeaheadInput(url, label_for=partial(self._label, model), kwargs=arguments)

    def _label(self, model: Any, value: Any) -> str:
        found = visible_record(model, str(value), self.actor)
        return str(found) if found is not None else ""

    def record(self, name: str, model: Any) -> Any:
        """Return the chosen record, None if none is chosen or it is hidden."""
        return visible_record(model, self.data.get(name, ""), self.actor)


class ComposeForm(forms.Form):
    """A mail to one person, upon a template or from nothing."""

    contact = forms.ChoiceField(label=_("To"))
    deal = forms.ChoiceField(label=_("About the deal"), required=False)
    template = forms.ChoiceField(label=_("Template"), required=False)
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    text = forms.CharField(
        label=_("Text"), required=False, max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 10})
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, people: list[Any], deals: list[Any], templates: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.fields["contact"].choices = [(str(pk), name) for pk, name in people]  # type: ignore[attr-defined]
        nothing = [("", _("No deal"))]
        self.fields["deal"].choices = nothing + [(str(pk), title) for pk, title in deals]  # type: ignore[attr-defined]
        offered = [("", _("No template")), *((str(pk), name) for pk, name in templates)]
        self.fields["template"].choices = offered  # type: ignore[attr-defined]
        if not deals:
            del self.fields["deal"]


class BlockForm(forms.Form):
    """An address to be blocked by hand."""

    address = forms.CharField(label=_("E-mail address"), max_length=254)
    note = forms.CharField(label=_("Why"), max_length=300, required=False)
