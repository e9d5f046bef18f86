"""Offering the purge (R8): the bell tells those who may purge, once a month, while something is due."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext, override

from crm.kernel.core.changes import Actor
from crm.kernel.listing.lists import COUNTED, capped_count
from crm.kernel.listing.pages import number
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User

from .registry import purgeables
from .services import DAYS, due, limit

KIND = "bin"


class Offers:
    """What the bell leads to: the page of the bin, for whoever may change the settings; its key is the person's own."""

    @staticmethod
    def visible_to(who: Any) -> Any:
        """Return the person, if they may open the page."""
        return (
            User.objects.filter(pk=getattr(who, "pk", None) or who.id) if who.may("settings") else User.objects.none()
        )


def offer_purge() -> int:
    """Tell each admin how much has been in the bin for 30 days, once a month; return how much that is."""
    actor, before = Actor.system("purge offer"), limit()
    found = sum(capped_count(due(kind, actor, before), COUNTED) for kind in purgeables())
    if found:
        people = [person for person in User.objects.active().select_related("role") if person.may("settings")]
        with transaction.atomic():
            notify([_note(person, found) for person in people])
    return found


def _note(person: User, found: int) -> Note:
    with override(person.locale):
        words = ngettext(
            "%(count)s record has been in the bin for over %(days)d days and can be purged",
            "%(count)s records have been in the bin for over %(days)d days and can be purged",
            found,
        )
        text = words % {"count": number(found), "days": DAYS}
    return Note(
        user_id=person.pk, topic="purge_offer", text=text, key=f"purge-offer:{timezone.localdate():%Y-%m}", record_kind=KIND,
        record_id=person.pk,
    )  # fmt: skip
