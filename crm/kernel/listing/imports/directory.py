"""Who is meant by a name in a file: people found by name or e-mail, mapped by hand, or made without login (U1)."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.parsers import CellError
from crm.kernel.users.models import Role, User

NOBODY = "nobody"
CREATE = "create"
SKIP = "skip"
CHOICES = (NOBODY, CREATE, SKIP)


def plain(name: str) -> str:
    """Return the form in which names of people are compared."""
    return " ".join(name.casefold().split())


class RowLeftOutError(Exception):
    """The person who imports decided that rows of this person are left out."""


@dataclass(slots=True)
class Directory:
    """All people by name and e-mail, and what was decided about unknown names: a person's id, nobody, create, skip."""

    actor: Actor
    decided: dict[str, str]
    source: str = ""
    dry: bool = True
    _by_word: dict[str, list[UUID]] = field(default_factory=dict)
    _active: set[UUID] = field(default_factory=set)
    _names: dict[UUID, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pk, name, email, state in User.objects.order_by("name").values_list("pk", "name", "email", "state"):
            self.add(pk, name, email, active=state == User.State.ACTIVE)
        self.decided = {plain(word): choice for word, choice in self.decided.items()}

    def add(self, pk: UUID, name: str, email: str | None, *, active: bool) -> None:
        """Make a person known."""
        self._names[pk] = name
        for word in {plain(name), (email or "").lower()} - {""}:
            self._by_word.setdefault(word, []).append(pk)
        if active:
            self._active.add(pk)

    def is_active(self, pk: UUID | None) -> bool:
        """Say whether a person can log in and so may be given open records (U4)."""
        return pk in self._active

    def name(self, pk: UUID | None) -> str:
        """Return a person's name."""
        return self._names.get(pk, "") if pk else ""

    def known(self, word: str) -> bool:
        """Say whether a name or e-mail means exactly one person."""
        return len(self._found(word)) == 1

    def _found(self, word: str) -> list[UUID]:
        found = self._by_word.get(plain(word), [])
        if len(found) > 1 and (active := [pk for pk in found if pk in self._active]) and len(active) == 1:
            return active
        return found

    def find(self, word: str) -> UUID | None:
        """Return the person meant, None for "nobody". Raises CellError for an unknown name, RowLeftOutError to skip."""
        choice = self.decided.get(plain(word), "")
        found = self._found(word)
        if choice == NOBODY:
            return None
        if choice == SKIP:
            raise RowLeftOutError
        if choice and choice != CREATE:
            pk = UUID(choice)
            if pk not in self._names:
                raise CellError(_("The person chosen for “%(name)s” is not here any more.") % {"name": word[:60]})
            return pk
        if len(found) == 1:
            return found[0]
        if found:
            raise CellError(_("“%(name)s” could be several people.") % {"name": word[:60]})
        if choice == CREATE:
            return self._create(word)
        raise CellError(_("“%(name)s” matches nobody.") % {"name": word[:60]})

    def _create(self, word: str) -> UUID:
        """Add a person without login (U1); in a dry run only an id that stands for them."""
        email = word.lower() if "@" in word else None
        name = word.partition("@")[0] if email else word
        user = User(
            name=name[:120], email=email, state=User.State.WITHOUT_LOGIN, role=Role.objects.get(key="rep"),
            import_source=self.source, external_id=word[:200],
        )  # fmt: skip
        user.set_unusable_password()
        if not self.dry:
            user.save()
        self.add(user.pk, name, email, active=False)
        return user.pk


def people_choices() -> list[tuple[str, Any]]:
    """Return the choices for an unknown name: what can be done, then everybody."""
    people = User.objects.order_by("name").values_list("pk", "name", "state")
    return [
        (CREATE, _("Add as a person without login")),
        (NOBODY, _("Leave the field empty")),
        (SKIP, _("Leave these rows out")),
        *((str(pk), name) for pk, name, _state in people),
    ]
