"""The folded text by which deals are found: their title, their company's name, the names of
their people, and words of custom fields."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

REFRESH = """
UPDATE deals_deal d SET search_text = n.words FROM (
    SELECT d.id, crm_fold(concat_ws(' ', d.title, c.name, (
        SELECT string_agg(concat_ws(' ', p.first_name, p.last_name), ' ' ORDER BY dc.id)
        FROM deals_dealcontact dc JOIN contacts_contact p ON p.id = dc.contact_id WHERE dc.deal_id = d.id
    ), crm_custom_words('deal', d.custom))) AS words
    FROM deals_deal d LEFT JOIN contacts_company c ON c.id = d.company_id
    WHERE d.id = ANY(%s)
) n WHERE n.id = d.id AND d.search_text <> n.words
"""


def refresh_search(deal_ids: Iterable[UUID]) -> None:
    """Recompute the search text of these deals in one statement; rows whose text is right are not touched."""
    ids = list(deal_ids)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(REFRESH, [ids])
