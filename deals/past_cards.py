"""Cards of the board as of a day: as the deal was then, and what has become of it since."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from django.utils.html import escape
from django.utils.translation import gettext as _

from crm.kernel.core import formats

from .cards import Card, CardWriter
from .models import Deal, Stage

MARKED = ("won", "lost", "gone")  # what styles tell apart


class Fate(NamedTuple):
    """What is so of a deal today: its stage, whether it is deleted, and when it was closed."""

    stage_id: UUID
    binned: bool
    closed_on: dt.date | None

    def words(self, then: UUID, stages: Mapping[UUID, Stage]) -> tuple[str, str]:
        """Return what has become of a deal since it stood in the stage `then`: a word for styles, and words for people."""
        if self.binned:
            return "gone", _("Deleted since")
        if self.stage_id == then:
            return "same", _("Still here")
        stage = stages[self.stage_id]
        if stage.is_open:
            return "moved", _("Now in %(stage)s") % {"stage": stage.name}
        words = _("Won %(day)s") if stage.is_won else _("Lost %(day)s")
        return stage.kind_of, words % {"day": formats.short_day(self.closed_on) if self.closed_on else ""}


def fates(deals: Collection[UUID]) -> dict[UUID, Fate]:
    """Return what has become of deals, by deal; of those that the reader has been shown (N8: present rights)."""
    rows = Deal.objects.filter(pk__in=deals).values_list("pk", "stage_id", "binned_at", "closed_on")
    return {pk: Fate(stage, binned is not None, closed) for pk, stage, binned, closed in rows}


class PastCard(NamedTuple):
    """A card, since when the deal had been in its stage, and where it stands today."""

    card: Card
    entered_at: dt.datetime
    fate: Fate


class PastCardWriter(CardWriter):
    """Writes cards as of a day. `stages` are the stages of today by id, `at` is the moment shown."""

    def __init__(self, stages: dict[UUID, Stage], day: dt.date, at: dt.datetime) -> None:
        self.stages, self.today, self.now = stages, day, at
        self.entered: dict[UUID, dt.datetime] = {}
        self.owner = escape(_("Owner"))
        self.link = f"?as_of={day.isoformat()}"

    def past_html(self, cards: list[PastCard]) -> str:
        """Return the cards one after the other."""
        self.entered |= {each.card.pk: each.entered_at for each in cards}
        return "".join(map(self.past_card, cards))

    def past_card(self, past: PastCard) -> str:
        """Return one card: it leads to the deal of today; a deleted one is found in the bin."""
        card = past.card
        won = " data-won" if card.kind == "won" else ""
        url = f"/deals/{card.pk}/{self.link}" if not past.fate.binned else "/deals/bin/"
        return (
            f'<li class="deal-card"{won}><a href="{url}">{escape(card.title)}</a>'
            f"{self._org(card)}{self._sum(card)}<footer>{self._owner(card)}{self._next(card)}</footer>"
            f"{self._fate(past)}</li>"
        )

    def _next_words(self, card: Card) -> tuple[str, str, str]:
        if card.kind != "open":
            return super()._next_words(card)
        days = max((self.now - self.entered[card.pk]).days, 0)
        return "later", "clock", escape(_("%(days)d d in stage") % {"days": days})

    def _fate(self, past: PastCard) -> str:
        kind, words = past.fate.words(past.card.stage_id, self.stages)
        mark = f' data-fate="{kind}"' if kind in MARKED else ""
        return f'<p class="fate"{mark}>{escape(words)}</p>'


__all__ = ["Fate", "PastCard", "PastCardWriter", "fates"]
