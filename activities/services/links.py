"""To which deal and company an activity belongs, as of the moment it happened (R2, R5)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from deals.models import Deal, DealContact

RECENT = dt.timedelta(minutes=5)


@dataclass(slots=True)
class Links:
    """What one activity or task is linked to. `infer_deal` lets the one open deal of its contacts stand in (R5)."""

    contact_ids: tuple[UUID, ...] = ()
    deal_id: UUID | None = None
    company_id: UUID | None = None
    at: dt.datetime | None = None
    infer_deal: bool = True


def check_visible(rows: Iterable[Links], actor: Actor) -> None:
    """Raise DoesNotExist unless the actor may see every record that the rows name (U3)."""
    rows = list(rows)
    wanted = (
        (Contact, {pk for row in rows for pk in row.contact_ids}),
        (Deal, {row.deal_id for row in rows if row.deal_id}),
        (Company, {row.company_id for row in rows if row.company_id}),
    )
    for model, ids in wanted:
        if ids and model.objects.visible_to(actor).filter(pk__in=ids).count() != len(ids):
            raise model.DoesNotExist(f"No such {model.kind}.")


def complete_links(rows: Sequence[Links], actor: Actor) -> None:
    """Fill the deal and company of each row: a named one stays; else the one open deal, else the company of then."""
    _infer_deals(rows, actor)
    _stamp_companies(rows)


def _infer_deals(rows: Sequence[Links], actor: Actor) -> None:
    """Link rows with contacts but no deal to the open deal of those contacts, where there is exactly one (R5)."""
    asked = [row for row in rows if row.contact_ids and row.deal_id is None and row.infer_deal]
    if not asked:
        return
    people = {pk for row in asked for pk in row.contact_ids}
    mine = Deal.objects.visible_to(actor).live().open()
    deals: dict[UUID, set[UUID]] = {}
    for contact, deal in DealContact.objects.filter(contact__in=people, deal__in=mine).values_list(
        "contact_id", "deal_id"
    ):
        deals.setdefault(contact, set()).add(deal)
    for row in asked:
        candidates = set().union(*(deals.get(pk, set()) for pk in row.contact_ids))
        if len(candidates) == 1:
            row.deal_id = candidates.pop()


def _stamp_companies(rows: Sequence[Links]) -> None:
    """Give rows without a company the one of their first contact as of then, else their deal's (R2)."""
    asked = [row for row in rows if row.company_id is None and (row.contact_ids or row.deal_id)]
    if not asked:
        return
    then = _companies_then([(n, row.contact_ids[0], row.at) for n, row in enumerate(asked) if row.contact_ids])
    deals = {row.deal_id for row in asked if row.deal_id}
    of_deal = dict(Deal.objects.filter(pk__in=deals).values_list("pk", "company_id")) if deals else {}
    for n, row in enumerate(asked):
        row.company_id = then.get(n) or (of_deal.get(row.deal_id) if row.deal_id else None)


def _companies_then(asked: list[tuple[int, UUID, dt.datetime | None]]) -> dict[int, UUID]:
    """Return the company of each contact at a moment: the present one for what is recent or planned, else history's.

    Before the first recorded value, the first value holds (N8).
    """
    if not asked:
        return {}
    limit = timezone.now() - RECENT
    present = dict(Contact.objects.filter(pk__in={pk for _n, pk, _at in asked}).values_list("pk", "company_id"))
    past = [(n, pk, at) for n, pk, at in asked if at is not None and at < limit]
    found = {n: present[pk] for n, pk, _at in asked if present.get(pk)}
    if past:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT p.n, (
                    SELECT h.company_id FROM contacts_contacthistory h WHERE h.pgh_obj_id = p.contact
                    ORDER BY h.pgh_created_at > p.at,
                             CASE WHEN h.pgh_created_at <= p.at THEN -h.pgh_id ELSE h.pgh_id END
                    LIMIT 1)
                FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[]) AS p(n, contact, at)
                """,
                [[n for n, _pk, _at in past], [pk for _n, pk, _at in past], [at for _n, _pk, at in past]],
            )
            for n, company in cursor.fetchall():
                found.pop(n, None)
                if company is not None:
                    found[n] = company
    live = set(Company.objects.filter(pk__in=set(found.values())).values_list("pk", flat=True))
    return {n: company for n, company in found.items() if company in live}
