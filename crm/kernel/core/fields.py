"""Columns that several records share."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Subquery, Value
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.utils.translation import gettext_lazy as _


class Fold(Func):
    """`crm_fold`: lower case without accents, the form in which names are sorted and searched."""

    function = "crm_fold"
    output_field = models.TextField()


class Words(Func):
    """`crm_words`: the words of a text as a search vector, folded, divided at every sign.

    With a moment as second argument the vector holds a mark of its month (in UTC) besides, such as `month24323`.
    """

    function = "crm_words"
    output_field = SearchVectorField()


class Found(Subquery):
    """Like `Exists`, but looked up row by row, through an index.

    PostgreSQL may turn EXISTS in an OR into a hash of the whole other table, which takes a second where a page of fifty
    rows needs a few hundred look-ups.
    """

    template = "COALESCE((%(subquery)s), false)"

    def __init__(self, queryset: Any) -> None:
        super().__init__(queryset.order_by().values(_found=Value(True))[:1], output_field=models.BooleanField())


def tags_field() -> Any:
    """Return the tags of a record: short free words, kept on the record itself."""
    return ArrayField(models.CharField(max_length=50), verbose_name=_("tags"), default=list, blank=True)


def trigram_index(column: str, name: str) -> GinIndex:
    """Return the one trigram index that serves fragment search on a table."""
    return GinIndex(OpClass(models.F(column), "gin_trgm_ops"), name=name)


# A row of an index has room for 2,700 bytes; a character takes up to four.
SHORT = 500


def short_text(column: str) -> Any:
    """Return the condition of rows whose text fits into an index."""
    return LessThan(Length(column), SHORT)


def long_text(column: str) -> Any:
    """Return the condition of the others."""
    return GreaterThanOrEqual(Length(column), SHORT)


class PostalAddress(models.Model):
    """A postal address as columns of a record."""

    street = models.CharField(_("street"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)

    class Meta:
        abstract = True
