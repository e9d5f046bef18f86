"""Colleagues as values of custom fields: all of them by id, kept for a few seconds, so that no row asks by itself."""

from dataclasses import dataclass

from crm.kernel.core.remember import remembered
from crm.kernel.users.models import User


@dataclass(frozen=True, slots=True)
class Person:
    """What a value of type user needs of a colleague."""

    id: str
    name: str
    email: str
    active: bool


@remembered
def people() -> dict[str, Person]:
    """Return all people by id, in the order of their names."""
    rows = User.objects.order_by("name").values_list("pk", "name", "email", "state")
    return {str(pk): Person(str(pk), name, email or "", state == User.State.ACTIVE) for pk, name, email, state in rows}


def find_people(words: str) -> list[Person]:
    """Return the people whom an id, an e-mail or a name means, whatever its case."""
    wanted = words.casefold()
    everybody = people()
    if wanted in everybody:
        return [everybody[wanted]]
    by_email = [each for each in everybody.values() if each.email == wanted]
    return by_email or [each for each in everybody.values() if each.name.casefold() == wanted]
