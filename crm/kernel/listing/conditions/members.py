"""Being on a list that people put together."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kernel.listing.saved.models import RecordList, RecordListMember

from . import operators
from .base import Context, Field, Words
from .operators import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class InList(Field):
    """Whether a record of a kind is on one of some lists; lists that the reader may not use are as if empty (U3)."""

    kind: str
    control: ClassVar[str] = "choices"
    known: ClassVar[dict[str, Operator]] = operators.MEMBER

    def read(self, operator: str, text: str, context: Context) -> str:
        """Return a list's id."""
        try:
            return str(UUID(text))
        except ValueError as error:
            raise ValueError(_("“%(value)s” is none of the choices.") % {"value": text[:80]}) from error

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return records that are on one of the lists."""
        lists = RecordList.objects.visible_to(context.actor).filter(pk__in=values, record_kind=self.kind)
        return Q(pk__in=RecordListMember.objects.filter(list__in=lists).values("record_id"))

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the ids of the lists that it is on hold one of these."""
        return bool({str(each) for each in seen} & set(values))

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return the list's name."""
        return str(dict(self.choices(operator, context)).get(value, _("a list that you cannot see")))

    def choices(self, operator: str, context: Context) -> list[tuple[str, Words]]:
        """Return the lists that the reader may use."""
        lists = RecordList.objects.visible_to(context.actor).filter(record_kind=self.kind)
        return [(str(pk), name) for pk, name in lists.values_list("pk", "name")[:200]]
