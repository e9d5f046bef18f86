"""Finding the contact that a command is about."""

from uuid import UUID

from django.core.management.base import CommandError

from contacts.models import Contact, ContactEmail


def contact_of(text: str) -> Contact:
    """Return the contact with this id or e-mail address; raises CommandError if there is none, or more than one."""
    try:
        rows = Contact.objects.filter(pk=UUID(text))
    except ValueError:
        addresses = ContactEmail.objects.filter(address=text.strip().lower())
        rows = Contact.objects.filter(pk__in=addresses.values("contact_id"))
    found = list(rows.filter(merged_into=None)[:2])
    if not found:
        raise CommandError(f"No contact has the id or e-mail address {text}.")
    if len(found) > 1:
        raise CommandError(f"Several contacts have had the address {text}: name one by its id.")
    return found[0]
