"""`erase_person`: blanks the values of a person everywhere, for good (H1)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts.services.personal import erase_person
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused

from ._persons import contact_of


class Command(BaseCommand):
    """Erases a contact, found by id or e-mail address, once its name is typed."""

    help = "Erase a person everywhere, history included. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the contact and the name that confirms it."""
        parser.add_argument("contact", help="id or e-mail address")
        parser.add_argument("--confirm", help="the name of the contact; asked for if it is not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase and say how many rows were changed."""
        contact = contact_of(options["contact"])
        typed = options["confirm"] or input(f"Type {contact.name} to erase this person for good: ")
        actor = Actor(kind="system", label="erase_person", source="command")
        try:
            rows = erase_person(contact_id=contact.pk, actor=actor, confirm=typed)
        except Refused as refused:
            raise CommandError(" ".join(refused.fields.values()) or refused.message) from refused
        self.stdout.write(f"Erased; {rows} rows were changed.")
