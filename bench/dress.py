"""Custom fields for the bench's data: a dropdown with a common and a rare value and a sortable number, on a tenth."""

from django.db import connection
from django.utils import timezone

from contacts.models import Contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.postgres.base import wrapper
from crm.kernel.customfields.models import CustomField

TIERS = ("gold", "silver", "bronze")
RARE = 60
# Every tenth contact has values: half of them silver, sixty gold.
DRESS = """
UPDATE contacts_contact c SET custom = jsonb_build_object('tier', CASE WHEN w.n <= %(rare)s THEN 'gold'
    WHEN w.n %% 2 = 0 THEN 'silver' ELSE 'bronze' END, 'score', (w.n * 7919 %% 100000)::text)
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM contacts_contact
    WHERE hashtext(id::text) %% 10 = 0 AND binned_at IS NULL) w
WHERE c.id = w.id
"""
INDEX = """
CREATE INDEX IF NOT EXISTS bench_score ON contacts_contact
    (crm_custom_number(custom -> 'score') DESC NULLS LAST, id DESC) WHERE binned_at IS NULL
"""


def dress() -> None:
    """Define the fields and fill them, unless they are there."""
    if CustomField.objects.filter(key="tier").exists():
        return
    options = [{"key": key, "label": key.title(), "retired": False} for key in TIERS]
    with changeset(Actor.system("bench"), "bench.dress"):
        CustomField.objects.create(record_kind="contact", key="tier", label="Tier", type="dropdown", options=options)
        CustomField.objects.create(
            record_kind="contact", key="score", label="Score", type="number", sortable=True, indexed_at=timezone.now()
        )
        with connection.cursor() as cursor:
            cursor.execute(DRESS, {"rare": RARE})
    with wrapper().as_owner(), connection.cursor() as cursor:
        cursor.execute(INDEX)
        cursor.execute("VACUUM (ANALYZE) contacts_contact")
    assert Contact.objects.filter(custom__contains={"tier": "gold"}).count() == RARE
