"""Colleagues who are mentioned with @ in a text (R5)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from activities.models import ActivityMention
from crm.kernel.users.models import User


def find_mentions(texts: Mapping[UUID, str]) -> dict[UUID, set[UUID]]:
    """Return, for each text by its key, the ids of the active people whose full name follows an @ in it.

    Longer names are tried first, so that `@Ann Lee Miller` does not mention Ann Lee.
    """
    marked = {key: text.casefold() for key, text in texts.items() if "@" in text}
    found: dict[UUID, set[UUID]] = {}
    if not marked:
        return found
    people = [(f"@{name}".casefold(), pk) for pk, name in User.objects.active().values_list("pk", "name")]
    people.sort(key=lambda each: -len(each[0]))
    for key, text in marked.items():
        for name, pk in people:
            if name in text:
                found.setdefault(key, set()).add(pk)
                text = text.replace(name, " ")
    return found


def store_mentions(found: Mapping[UUID, Iterable[UUID]], known: Mapping[UUID, set[UUID]]) -> dict[UUID, set[UUID]]:
    """Write mentions that are not `known` yet, take back those that left the text; return the new ones by activity."""
    new = {pk: set(people) - known.get(pk, set()) for pk, people in found.items()}
    ActivityMention.objects.bulk_create(
        [ActivityMention(activity_id=pk, user_id=person) for pk, people in new.items() for person in sorted(people)]
    )
    for pk, before in known.items():
        if gone := before - set(found.get(pk, ())):
            ActivityMention.objects.filter(activity=pk, user__in=gone).delete()
    return {pk: people for pk, people in new.items() if people}
