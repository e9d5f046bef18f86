"""What the board and the list as of a past day have in common: the day, the deals of that day, and their addresses (N8)."""

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.kernel.core.past import NEAREST
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.filters import Filter
from crm.kernel.listing.lists import ListPage, View
from crm.kernel.listing.orders import Place, SeveralPager
from crm.kernel.listing.sorting import Cursor, Page, Pager

from .days import AS_OF, moments_of
from .lists import RECORDED
from .metrics.moments import BadMoment, Moments, full_day, read_as_of
from .metrics.past import Shown, deals_as_of
from .metrics.window import Window
from .models import Deal

_NAME = f"SELECT concat_ws(' ', h.first_name, h.last_name) FROM contacts_contacthistory h WHERE h.pgh_obj_id = l.contact_id ORDER BY {NEAREST} LIMIT 1"  # noqa: E501
NAMES = f"""
SELECT c.id, (SELECT h.name FROM contacts_companyhistory h WHERE h.pgh_obj_id = c.id ORDER BY {NEAREST} LIMIT 1)
FROM unnest(%(companies)s::uuid[]) AS c(id)
UNION ALL
SELECT l.deal_id, ({_NAME}) FROM (
    SELECT DISTINCT ON (p.pgh_obj_id) p.* FROM deals_dealcontacthistory p
    WHERE p.deal_id = ANY(%(deals)s::uuid[]) AND p.pgh_created_at <= %(at)s
    ORDER BY p.pgh_obj_id, p.pgh_created_at DESC, p.pgh_id DESC
) l WHERE l.pgh_label <> 'delete' AND l."primary"
"""


def names_then(at: dt.datetime, companies: Collection[UUID], deals: Collection[UUID]) -> dict[UUID, str]:
    """Return the names that companies had, by company, and those of the primary people of deals, by deal."""
    if not companies and not deals:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NAMES, {"at": at, "companies": list(companies), "deals": list(deals)})
        return dict(cursor.fetchall())


def past_of(request: HttpRequest, deal: Deal) -> dict[str, Any] | None:
    """Return the day from whose board or list somebody came to a deal, and how it stood then; None from elsewhere."""
    try:
        day = read_as_of(request.GET.get(AS_OF))
    except BadMoment:
        return None
    if day is None:
        return None
    window = Window.always(request.actor.scope("deal", "view"), as_of=day)  # type: ignore[attr-defined]
    stood = deals_as_of(window, only=deal.pk).values("amount", "currency", "owner__name", "stage__name").first()
    url = f"{reverse('deals:board')}?pipeline={deal.pipeline_id}&{AS_OF}={day.isoformat()}"
    return {"day": full_day(day), "stood": stood, "url": url}


class Past(ListPage):
    """Mixin of pages as of a day, before the page of today among the bases."""

    personal: ClassVar[bool] = False
    selectable = False
    filters: ClassVar[tuple[Filter, ...]] = RECORDED

    def __init__(self, request: HttpRequest) -> None:
        """Read the address; raises BadQuery, for an impossible day as well. Today is no past day."""
        try:
            day = read_as_of(request.GET.get(AS_OF))
        except BadMoment as error:
            raise BadQuery(AS_OF, words=error.message, back=_("Back to today")) from error
        if day is None:
            raise BadQuery(AS_OF, words=_("Today is no past day."))
        self.day = day
        self.window = Window.always(request.actor.scope("deal", "view"), as_of=day)  # type: ignore[attr-defined]
        super().__init__(request)

    def deals(self, shown: Shown | None = None) -> Any:
        """Return the deals as they stood, as far as the person may see them today (N8)."""
        return deals_as_of(self.window, shown=shown)

    def base(self) -> Any:
        """Return all deals of that day."""
        return self.deals()

    @cached_property
    def page(self) -> Page:
        """The rows of this page: the past has no index of its orders to walk along, so all of it is sorted."""
        rows = self._read_rows(self.filtered())
        texts = [self.data.get(name) for name in ("after", "before")]
        if len(self.order) > 1:
            places = [Place.decode(text, self.order, self.model) if text else None for text in texts]
            return SeveralPager(rows, self.order, self.layout.size).page(*places)
        cursors = [Cursor.decode(text, self.sort, self.model) if text else None for text in texts]
        return Pager(rows, self.sort, self.reverse, self.layout.size).page(*cursors)

    @property
    def unordered(self) -> bool:
        """False: the relation is sorted as a whole."""
        return False

    @cached_property
    def today(self) -> dt.date:
        """The day that is shown: "this month" is the month of that day."""
        return self.day

    def _filter_params(self) -> Iterator[str]:
        yield from super()._filter_params()
        yield AS_OF

    def _check_params(self) -> None:
        """Refuse what is not recorded with a sentence of its own."""
        own = {param for each in self.filters for param in each.params}
        for each in self.of_today.filters:
            for param in each.params:
                if param in self.data and param not in own:
                    words = _("“%(name)s” is not known for a past day, only for today.") % {"name": each.label}
                    raise BadQuery(param, words=words)
        super()._check_params()

    of_today: ClassVar[type[ListPage]]

    # Addresses ----------------------------------------------------------------------------------------------------
    @cached_property
    def moments(self) -> Moments | None:
        """The chooser of days."""
        return moments_of(self)

    @property
    def clear_url(self) -> str:
        """The address of that day without filters and search."""
        return f"{self.url}?{AS_OF}={self.day.isoformat()}"

    def address_of(self, view: View) -> str:
        """Return the address of a view as of that day."""
        return self._on_the_day(super().address_of(view))

    def _on_the_day(self, address: str) -> str:
        path, _mark, query = address.partition("?")
        data = QueryDict(query, mutable=True)
        data[AS_OF] = self.day.isoformat()
        return f"{path}?{data.urlencode()}"
