"""What forms share: carrying a service's refusal to the fields that it names."""

from django.forms import BaseForm

from .errors import Refused


def add_refusal(form: BaseForm, refused: Refused) -> None:
    """Put a service's words beside the fields that they are about, the rest above the form."""
    placed = False
    for name, words in refused.fields.items():
        if name in form.fields:
            form.add_error(name, words)
            placed = True
    if not placed:
        form.add_error(None, refused.message)
