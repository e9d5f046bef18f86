"""Operators that several kinds of records share: `owner:`, `tag:` and words of one column."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Fold
from crm.kernel.users.models import User

from .words import Operator, folded

ME = ("me", "mine", "myself")
NOBODY = ("none", "nobody", "no-one", "noone")


def by_person(column: str = "owner") -> Operator:
    """Return the operator that reads `me`, `none`, an e-mail address or part of a colleague's name."""

    def condition(actor: Actor, value: str) -> Q:
        if value.casefold() in ME or value.casefold() == str(_("me")).casefold():
            return Q(**{f"{column}_id": actor.id})
        if value.casefold() in NOBODY:
            return Q(**{f"{column}__isnull": True})
        named = User.objects.annotate(_folded=Fold(F("name"))).filter(
            Q(_folded__contains=folded(value)) | Q(email=value.lower())
        )
        return Q(**{f"{column}__in": named.values("pk")})

    return condition


def by_tag(_actor: Actor, value: str) -> Q:
    """Return rows with a tag, in whatever case it is usually written."""
    ways = dict.fromkeys((value, value.lower(), value.upper(), value.capitalize(), value.title()))
    return Q(tags__overlap=list(ways))
