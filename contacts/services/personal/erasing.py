"""Erasing a person everywhere: rows, history, runs, texts that name them. Nothing brings it back (H1)."""

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.services.duplicates.finding import enqueue
from crm.kernel.core.changes import Actor, command, current_change
from crm.kernel.core.errors import Refused
from crm.kernel.core.personal import erasers

PERSONS = """
WITH RECURSIVE g AS (
    SELECT %(person)s::uuid AS id UNION SELECT c.id FROM contacts_contact c JOIN g ON c.merged_into_id = g.id
) SELECT array_agg(id) FROM g
"""


def check_erasable(contact_id: UUID, actor: Actor, confirm: str) -> Contact:
    """Return the contact if the actor may erase it and has typed its name.

    Raises Contact.DoesNotExist if they may not see it, PermissionDenied without the right to personal data or to delete
    the contact, Refused if it is erased already or the name is another.
    """
    rows = Contact.objects.visible_to(actor).filter(merged_into__isnull=True)
    contact: Contact = rows.locked().get(pk=contact_id)
    actor.require_flag("personal_data")
    actor.require("delete", contact)
    if contact.erased_at is not None:
        raise Refused(_("This person is erased already."))
    if " ".join(confirm.split()).casefold() != " ".join(contact.name.split()).casefold():
        raise Refused(
            _("Type the name to confirm."),
            fields={"confirm": _("Type “%(name)s” to confirm.") % {"name": contact.name}},
        )
    return contact


@command("contacts.erase")
def erase_person(*, contact_id: UUID, actor: Actor, confirm: str) -> int:
    """Erase a person for good and return the number of rows that were changed for it. Raises as `check_erasable`.

    What was merged into the contact is erased with it. Ids, times, stages and amounts stay; a stub says when and by whom.
    """
    check_erasable(contact_id, actor, confirm)
    change = current_change()
    with connection.cursor() as cursor:
        cursor.execute(PERSONS, {"person": contact_id})
        ids = cursor.fetchone()[0]
        outside = [erase(ids) for erase in erasers]
        cursor.execute(
            "SELECT erase_person(%s, %s, %s, %s)", [contact_id, actor.id, actor.label, change.id if change else None]
        )
        rows = int(cursor.fetchone()[0])
    now = timezone.now()
    Contact.objects.filter(pk__in=ids).update(erased_at=now, binned_at=now, updated_at=now)
    enqueue(Contact.kind, ids)  # a worker takes away the keys under which they were compared
    for remove in outside:
        transaction.on_commit(remove)
    return rows
