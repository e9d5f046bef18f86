"""Cards of the board, built in Python from tuples: 300 of them cost less than one query, and few bytes each."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.html import hue_of, initials
from crm.kernel.workspace.models import Workspace

from .idle import Idle, idle_of
from .models import Deal, DealContact

# The board holds these icons once, as `#i0`, `#i1` ..., so that a card refers to them in few bytes.
CARD_ICONS = ("triangle-alert", "check", "x", "phone", "mail", "calendar", "circle-check", "hourglass", "clock")
ICON_AT = {name: place for place, name in enumerate(CARD_ICONS)}
STEP_ICONS = {"call": "phone", "email": "mail", "meeting": "calendar", "todo": "circle-check"}
SHORT = 20


class Card(NamedTuple):
    """What a card shows of a deal, in the order of `FIELDS`."""

    pk: UUID
    title: str
    stage_id: UUID
    amount: Decimal | None
    currency: str
    expected_close: dt.date | None
    closed_on: dt.date | None
    created_at: dt.datetime
    last_activity_at: dt.datetime | None
    next_step_at: dt.datetime | None
    next_step_due: dt.date | None
    next_step_type: str
    next_step_text: str
    snoozed_until: dt.date | None
    owner_id: UUID
    owner: str
    company_id: UUID | None
    company: str | None
    idle_days: int
    kind: str
    person: str | None


FIELDS = (
    *Card._fields[:15], "owner__name", "company_id", "company__name", "stage__idle_days", "stage__kind_of", "_person",
)  # fmt: skip


def with_person(deals: Any) -> Any:
    """Annotate `_person`: the name of the primary person, which stands in for a company where there is none."""
    primary = DealContact.objects.filter(deal=OuterRef("pk"), primary=True)
    name = Concat(F("contact__first_name"), Value(" "), F("contact__last_name"), output_field=CharField())
    return deals.annotate(_person=Subquery(primary.values(name=name)[:1]))


def card_of(deal: Deal) -> Card:
    """Return the card of a deal that was loaded with its stage, owner and company."""
    values: Any = [getattr(deal, name) for name in Card._fields[:15]]
    company = deal.company.name if deal.company else None
    person = None
    if company is None:
        link = DealContact.objects.filter(deal=deal, primary=True).select_related("contact").first()
        person = link.contact.name if link else None
    return Card._make(
        [*values, deal.owner.name, deal.company_id, company, deal.stage.idle_days, deal.stage.kind_of, person]
    )


class CardWriter:
    """Writes cards. `editable` says whose deals the person may move, `touches` what last touched those gone quiet."""

    def __init__(self, scope: Any, touches: Mapping[UUID, str] | None = None) -> None:
        self.covers = scope.covers
        self.touches = touches or {}
        self.now = timezone.now()
        self.today = Workspace.current().today()
        self.owner = escape(_("Owner"))

    def idle(self, card: Card) -> Idle:
        """Return how long the card's deal has been idle, and its mark."""
        if card.kind != "open":
            return Idle(0, 0)
        return idle_of(
            last_activity_at=card.last_activity_at,
            created_at=card.created_at,
            idle_days=card.idle_days,
            next_step_at=card.next_step_at,
            next_step_due=card.next_step_due,
            snoozed_until=card.snoozed_until,
            now=self.now,
        )

    def html(self, cards: Iterable[Card]) -> str:
        """Return the cards one after the other."""
        return "".join(self.card(card) for card in cards)

    def card(self, card: Card, attributes: str = "") -> str:
        """Return one card. Its id and whether it may be moved are for the script, which adds the menu's button."""
        idle = self.idle(card)
        title = escape(card.title)
        rot = f' data-rot="{idle.level}"' if idle.level else ""
        won = " data-won" if card.kind == "won" else ""
        fixed = "" if self.covers(card.owner_id) else " data-fixed"
        return (
            f'<li class="deal-card" id="d{card.pk.hex}"{rot}{won}{fixed}{attributes}>'
            f'<a href="/deals/{card.pk}/">{title}</a>{self._org(card)}{self._sum(card)}'
            f"<footer>{self._owner(card)}{self._next(card)}{self._mark(card, idle)}</footer></li>"
        )

    def _org(self, card: Card) -> str:
        if card.company is not None:
            letter = escape(initials(card.company)[0])
            return f'<p data-l="{letter}" data-hue="{hue_of(card.company_id)}"><span>{escape(card.company)}</span></p>'
        words = escape(card.person) if card.person else f"<i>{escape(_('No customer'))}</i>"
        return f"<p><span>{words}</span></p>"

    def _sum(self, card: Card) -> str:
        amount = escape(formats.money(card.amount, card.currency)) if card.amount is not None else ""
        if not amount:
            amount = f"<i>{escape(_('No amount'))}</i>"
        day = card.closed_on or card.expected_close
        if day is None:
            return f"<div><strong>{amount}</strong></div>"
        late = " data-late" if card.closed_on is None and day < self.today else ""
        return f"<div><strong>{amount}</strong><time{late}>{escape(formats.short_day(day))}</time></div>"

    def _owner(self, card: Card) -> str:
        name = escape(card.owner)
        hue, letters = hue_of(card.owner_id), escape(initials(card.owner))
        return f'<abbr data-hue="{hue}" title="{self.owner} {name}">{letters}</abbr>'

    def _next(self, card: Card) -> str:
        due, icon, words = self._next_words(card)
        return f'<span class="next" data-due="{due}"><svg><use href="#i{ICON_AT[icon]}"/></svg>{words}</span>'

    def _next_words(self, card: Card) -> tuple[str, str, str]:
        """Return how urgent the next step is, its icon and its words."""
        if not card.next_step_type:
            if card.kind == "open":
                return "none", "triangle-alert", escape(_("No next step"))
            return ("today", "check", escape(_("Won"))) if card.kind == "won" else ("later", "x", escape(_("Lost")))
        icon = STEP_ICONS.get(card.next_step_type, "circle-check")
        what = step_words(card.next_step_type, card.next_step_text)
        due, when = next_due(card.next_step_at, card.next_step_due, self.now)
        return due, icon, escape(f"{what} {when}".rstrip())

    def _mark(self, card: Card, idle: Idle) -> str:
        if not idle.level:
            return ""
        tone = "warn" if idle.level == 1 else "bad"
        days = escape(_("%(days)d d") % {"days": idle.days})
        title = escape(self.mark_title(card, idle))
        return (
            f'<span class="badge end" data-tone="{tone}" role="img" title="{title}">'
            f'<svg><use href="#i{ICON_AT["hourglass"]}"/></svg>{days}</span>'
        )

    def mark_title(self, card: Card, idle: Idle) -> str:
        """Return what the mark says: for how long, and what last touched the deal (P8)."""
        words = _("No activity for %(days)s.") % {"days": formats.plural_days(idle.days)}
        touch = self.touches.get(card.pk)
        if touch is None and card.last_activity_at is not None:
            touch = formats.day(card.last_activity_at)
        return (
            f"{words} {_('Last: %(touch)s') % {'touch': touch}}" if touch else f"{words} {_('None since it was made.')}"
        )


def step_words(kind: str, text: str) -> str:
    """Return a planned step in one or two words: its own if they are short, else what it is."""
    if text and len(text) <= SHORT:
        return text
    names = {"call": _("Call"), "email": _("E-mail"), "meeting": _("Meeting")}
    return names.get(kind) or (text[: SHORT - 1].rstrip() + "…" if text else _("Task"))


def next_due(at: dt.datetime | None, due: dt.date | None, now: dt.datetime) -> tuple[str, str]:
    """Return how urgent a planned step is (over, today, later) and when, in words; late from the moment `at` on."""
    if at is None or due is None:
        return "later", ""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if at < now:
        days = (today - due).days
        return "over", _("%(days)d d late") % {"days": days} if days > 0 else _("late")
    timed = local.date() == due
    if due <= today:
        return "today", f"{local:%H:%M}" if timed else _("today")
    return "later", formats.short_day(due)
