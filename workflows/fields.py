"""The fields that conditions of rules may name, by kind of record: those of the lists, and those of related records.

`company.industry` of a deal is the field `industry` of its company; `contact` is a deal's primary person; `owner.team` the
team of whoever owns the record. Custom fields go by `cf_<key>`. To add a related record: a line in `RELATED`, and a way
there in `snapshots.WAYS` if it is no foreign key.
"""

import dataclasses
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from activities.models import Task
from activities.offers import TASK_CONDITIONS
from contacts.lists.offers import COMPANY_CONDITIONS, CONTACT_CONDITIONS
from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.listing.conditions import Choice, Field, Text
from crm.kernel.listing.conditions.members import InList
from crm.kernel.listing.custom import Custom, custom_fields
from crm.kernel.users.models import Role, Team, User
from deals.models import Deal
from deals.offers import DEAL_CONDITIONS

MODELS: dict[str, Any] = {"deal": Deal, "contact": Contact, "company": Company, "task": Task, "user": User}
CUSTOMISED = ("deal", "contact", "company")
_RECORD = (("company", "company", _("Company")), ("owner", "user", _("Owner")))
# (name in documents, kind, heading), by kind of record
RELATED: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "deal": (*_RECORD[:1], ("contact", "contact", _("Primary person")), *_RECORD[1:]),
    "contact": _RECORD,
    "company": (_RECORD[1],),
    "task": (("deal", "deal", _("Deal")), ("contact", "contact", _("Contact")), *_RECORD),
}


def team_choices() -> list[tuple[str, str]]:
    """Return the teams."""
    return [(str(pk), name) for pk, name in Team.objects.values_list("pk", "name")]


def role_choices() -> list[tuple[str, str]]:
    """Return the roles."""
    return [(str(pk), name) for pk, name in Role.objects.values_list("pk", "name")]


USER_CONDITIONS: tuple[Field, ...] = (
    Text(key="name", label=_("Name")),
    Choice(key="team", label=_("Team"), column="team_id", options=team_choices),
    Choice(key="role", label=_("Role"), column="role_id", options=role_choices),
)
PLAIN: dict[str, tuple[Field, ...]] = {
    "deal": DEAL_CONDITIONS,
    "contact": CONTACT_CONDITIONS,
    "company": COMPANY_CONDITIONS,
    "task": TASK_CONDITIONS,
    "user": USER_CONDITIONS,
}


@dataclasses.dataclass(frozen=True, slots=True)
class RuleField:
    """A field as rules name it. `path` leads to the value from the record (`company__industry`); `custom` is the key of a
    custom field at its end. `own` says that it is the record's, so that "changed" can be asked of it.
    """

    key: str
    field: Field
    path: str
    kind: str
    custom: str = ""

    @property
    def own(self) -> bool:
        """True for the record's own fields."""
        return "." not in self.key

    @property
    def personal(self) -> bool:
        """True if the value may tell of a person: then runs do not keep it (W2)."""
        words = isinstance(self.field, Text) or (isinstance(self.field, Custom) and self.field.control == "text")
        return words and self.kind not in ("user",) and self.key != "currency"

    @property
    def label(self) -> str:
        """Its words, with those of the related record."""
        return str(self.field.label)


@cache
def _plain(kind: str) -> dict[str, Field]:
    return {each.key: each for each in PLAIN[kind] if not isinstance(each, InList)}


def field_named(kind: str, key: str, actor: Actor | None) -> RuleField | None:
    """Return the field that a rule on records of `kind` calls `key`, None if there is none that the actor may see."""
    prefix, dot, inner = key.partition(".")
    if not dot:
        return _field(kind, key, key, "", actor)
    related = next((each for each in RELATED.get(kind, ()) if each[0] == prefix), None)
    return _field(related[1], inner, key, f"{prefix}__", actor, related[2]) if related else None


def _field(kind: str, key: str, name: str, way: str, actor: Actor | None, heading: Any = "") -> RuleField | None:
    custom = ""
    if key.startswith(PREFIX) and kind in CUSTOMISED:
        found = next((each for each in custom_fields(kind, actor).conditions if each.key == key), None)  # type: ignore[arg-type]
        custom = key.removeprefix(PREFIX)
    else:
        found = _plain(kind).get(key)
    if found is None:
        return None
    path = "custom" if custom else found.column or found.key
    changes: dict[str, Any] = {"key": name}
    if heading:
        changes |= {"label": f"{heading}: {found.label}", "group": heading}
    return RuleField(name, dataclasses.replace(found, **changes), f"{way}{path}", kind, custom)


def fields_of(kind: str, actor: Actor | None) -> Iterable[RuleField]:
    """Yield all fields of a kind of record that the actor may see, related ones after its own."""
    places = [("", kind), *((f"{name}.", of) for name, of, _heading in RELATED.get(kind, ()))]
    for prefix, of in places:
        keys = list(_plain(of))
        if of in CUSTOMISED:
            keys += [each.key for each in custom_fields(of, actor).conditions]  # type: ignore[arg-type]
        for key in keys:
            if (found := field_named(kind, f"{prefix}{key}", actor)) is not None:
                yield found
