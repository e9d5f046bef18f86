"""What a leaving person hands over of this app: open deals (U4). Closed ones stay with whoever closed them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.events.bus import publish
from crm.kernel.users.leaving import Owned
from crm.kernel.users.leaving import register as hand_over
from crm.kernel.users.models import User

from .events import DealChanged
from .models import Deal, DealContact
from .services.checks import check_owner


@command("deals.assign")
def assign_deals(*, deal_ids: Iterable[UUID], owner: User, actor: Actor) -> list[Deal]:
    """Give deals to a colleague who can log in (U4), in one statement. Many at once need the bulk right (U2)."""
    deals = list(Deal.objects.visible_to(actor).live().filter(pk__in=list(deal_ids)).locked().order_by("pk"))
    if len(deals) > 1:
        actor.require_flag("bulk")
    for deal in deals:
        actor.require("edit", deal)
        check_owner(owner, closed=not deal.is_open)
    given = [deal for deal in deals if deal.owner_id != owner.pk]
    ids = [deal.pk for deal in given]
    Deal.objects.filter(pk__in=ids).update(owner=owner, version=F("version") + 1, updated_at=business_time())
    people: dict[UUID, list[UUID]] = defaultdict(list)
    for deal_id, contact_id in (
        DealContact.objects.filter(deal__in=ids).order_by("-primary", "id").values_list("deal_id", "contact_id")
    ):
        people[deal_id].append(contact_id)
    events = [
        DealChanged(
            subject_id=deal.pk,
            company_id=deal.company_id,
            contact_ids=tuple(people[deal.pk]),
            fields=("owner",),
            from_owner_id=deal.owner_id,
            to_owner_id=owner.pk,
        )
        for deal in given
    ]
    publish(*events, actor=actor)
    return given


def _open_deals(person: User) -> Any:
    return Deal.objects.live().open().filter(owner=person)


def _give(person: User, heir: User | None, actor: Actor) -> int:
    assert heir is not None, "every deal has an owner (U4)"
    return len(assign_deals(deal_ids=_open_deals(person).values_list("pk", flat=True), owner=heir, actor=actor))


def register() -> None:
    """Tell the people's settings what to ask for."""
    label_commands({"deals.assign": _("gave deals to somebody")})
    hand_over(Owned("deals", _("Open deals"), lambda person: int(_open_deals(person).count()), _give, order=10))
