"""The certain pairs as lists, by which the engine of bulk actions finds them ("merge all certain ones")."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.lists import Empty, ListPage
from crm.kernel.listing.sorting import Sort

from .models import DuplicatePair
from .services.duplicates.pairs import pairs_for
from .services.duplicates.rules import rules_for


class CertainPairs(ListPage):
    """Pairs of contacts of which the rules are certain, as far as the person may see both."""

    key = "certain_contact_pairs"
    kind = "contact_pair"
    record_kind: ClassVar[str] = "contact"
    title = _("Certain duplicates")
    columns: ClassVar[tuple[Any, ...]] = ()
    url_name = "contacts:duplicate_list"
    model = DuplicatePair
    sorts = (Sort("score", _("Score"), "score", descending=True, indexed=False),)
    empty = Empty("git-merge", _("No duplicates"), _("Nothing is certain to be doubled."))

    def base(self) -> Any:
        """Return the pairs."""
        certain = rules_for(self.record_kind).certain
        return pairs_for(self.actor, self.record_kind).filter(score__gte=certain)


class CertainCompanyPairs(CertainPairs):
    """The same of companies."""

    key = "certain_company_pairs"
    kind = "company_pair"
    record_kind = "company"
