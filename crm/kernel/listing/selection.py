"""Rows that a person has chosen on a list: ticked ones by id, or all that match by the list's address, never by ids.

The form `#bulk-form` of every list posts `list` (the list's key), `query` (its filters and search) and either `all=1`
or `ids`, once for each ticked row, also those of other pages.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

from django.http import QueryDict

from crm.kernel.core.changes import Actor

from .errors import BadQuery
from .lists import ListPage, list_named


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen rows of a list: `all` that match `query`, or those of `ids`. Plain values, to be kept with a job."""

    list: str
    query: str = ""
    ids: tuple[str, ...] = ()
    all: bool = False

    @classmethod
    def read(cls, data: QueryDict) -> Self:
        """Return what a list's form posted; raises BadQuery for an unknown list, an id that is none, or too many."""
        ids = list(dict.fromkeys(data.getlist("ids")))
        if len(ids) > ListPage.most_ticked:
            raise BadQuery("ids", str(len(ids)))
        for text in ids:
            try:
                UUID(text)
            except ValueError as error:
                raise BadQuery("ids", text) from error
        everything = data.get("all") == "1"
        found = cls(data.get("list", ""), data.get("query", ""), () if everything else tuple(ids), everything)
        list_named(found.list)
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return what `to_json` gave."""
        return cls(**{**data, "ids": tuple(data["ids"])})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def page(self, actor: Actor) -> ListPage:
        """Return the list as the actor sees it; raises BadQuery for an address that it does not know."""
        return list_named(self.list).for_query(self.query, actor)

    def rows(self, actor: Actor) -> Any:
        """Return the chosen rows that the actor may see (U3), as a query set.

        Dates in the query are the person's: in a worker call it in their time zone.
        """
        page = self.page(actor)
        return page.filtered() if self.all else page.base().filter(pk__in=self.ids)

    def count(self, actor: Actor) -> int:
        """Return how many rows are chosen, exactly: for a confirmation, not for a page."""
        return int(self.rows(actor).order_by().count())
