"""The lifecycle of contacts as it follows from deals (R4): derived for a set of contacts in one statement.

- `customer`: its company has a deal that stands won; without a company, it is itself in one;
- `opportunity`: it is in an open deal;
- neither: an opportunity or customer falls back to `lead`, nurturing; a lead stays as it is;
- `churned` is set by hand and ends with a win later than its date; `other` is nobody's business here.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection

from deals.models import Deal

DERIVE = """
UPDATE contacts_contact c
SET lifecycle = n.stage, lead_status = CASE WHEN n.stage = 'lead' THEN 'nurturing' ELSE c.lead_status END
FROM (
    SELECT c.id, CASE
        WHEN c.lifecycle = 'other' THEN 'other'
        WHEN c.lifecycle = 'churned' AND NOT (%(new_win)s OR COALESCE(won.last > c.churned_on, false)) THEN 'churned'
        WHEN won.last IS NOT NULL THEN 'customer'
        WHEN EXISTS (
            SELECT 1 FROM deals_dealcontact dc JOIN deals_deal d ON d.id = dc.deal_id
            WHERE dc.contact_id = c.id AND d.closed_at IS NULL AND d.binned_at IS NULL
        ) THEN 'opportunity'
        ELSE 'lead' END AS stage
    FROM contacts_contact c
    LEFT JOIN LATERAL (
        SELECT max(d.closed_on) AS last FROM (
            SELECT of_company.id FROM deals_deal of_company WHERE of_company.company_id = c.company_id
            UNION ALL
            SELECT deal_id FROM deals_dealcontact WHERE contact_id = c.id AND c.company_id IS NULL
        ) its
        JOIN deals_deal d ON d.id = its.id AND d.binned_at IS NULL
        JOIN deals_stage s ON s.id = d.stage_id AND s.kind_of = 'won'
    ) won ON true
    WHERE c.id = ANY(%(ids)s)
) n
WHERE n.id = c.id AND c.lifecycle <> n.stage
"""
AFFECTED = """
SELECT contact_id FROM deals_dealcontact WHERE deal_id = ANY(%(deals)s)
UNION
SELECT c.id FROM contacts_contact c
WHERE %(companies)s AND c.company_id IN (
    SELECT company_id FROM deals_deal WHERE id = ANY(%(deals)s) AND company_id IS NOT NULL
)
"""


def companies_that_bought(company_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the companies that have a deal that stands won: whoever is new there is a customer (R4)."""
    rows = Deal.objects.live().won().filter(company__in=company_ids)
    return set(rows.order_by().values_list("company_id", flat=True).distinct())


def derive_lifecycle(contact_ids: Iterable[UUID], *, new_win: bool = False) -> int:
    """Recompute the lifecycle of these contacts and return how many changed (R4).

    `new_win` ends `churned` where a deal is being won right now.
    """
    ids = list(contact_ids)
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(DERIVE, {"ids": ids, "new_win": new_win})
        return cursor.rowcount


def contacts_of_deals(deal_ids: Iterable[UUID], *, companies: bool = True) -> list[UUID]:
    """Return the contacts whose lifecycle depends on these deals: their people, and everybody at their companies."""
    with connection.cursor() as cursor:
        cursor.execute(AFFECTED, {"deals": list(deal_ids), "companies": companies})
        return [row[0] for row in cursor.fetchall()]


def derive_lifecycle_of_deals(deal_ids: Iterable[UUID], *, companies: bool = True, new_win: bool = False) -> int:
    """Recompute the lifecycle of all contacts that depend on these deals.

    `companies` may be False when no win came or went: then only the people in the deals can change.
    """
    ids = list(deal_ids)
    return derive_lifecycle(contacts_of_deals(ids, companies=companies), new_win=new_win) if ids else 0
