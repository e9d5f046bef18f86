"""Custom fields of the sample workspace: what Brightwater keeps beyond the built-in fields, and who has which value.

Values follow from the key of what they belong to, so that the story's own chances stay as they are. The large and huge
workspaces fill the same fields by SQL (`bulk.write`): `channel` with a rare and a common value, `sites` to be sorted fast.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from crm.kernel.core.changes import Actor
from crm.kernel.customfields.services import create_field
from crm.kernel.users.models import User

from .words.texts import PRODUCTS

CHANNELS = ("E-mail", "Phone", "Text message", "Letter")
SEGMENTS = ("Small", "Mid-market", "Enterprise")
CERTIFICATES = ("ISO 9001", "ISO 14001", "ISO 50001")
PRODUCT_NAMES = tuple(name for name, *_rest in PRODUCTS)

FIELDS: tuple[dict[str, Any], ...] = (
    {"record_kind": "contact", "key": "channel", "label": "Preferred channel", "type": "dropdown", "options": CHANNELS},
    {
        "record_kind": "contact", "key": "sites", "label": "Sites in their care", "type": "number", "sortable": True,
        "help_text": "How many buildings or depots they look after",
    },
    {"record_kind": "contact", "key": "newsletter", "label": "Newsletter", "type": "yes_no"},
    {"record_kind": "company", "key": "segment", "label": "Segment", "type": "dropdown", "options": SEGMENTS},
    {"record_kind": "company", "key": "points", "label": "Measuring points", "type": "number", "sortable": True},
    {"record_kind": "company", "key": "certificates", "label": "Certificates", "type": "multi_select", "options": CERTIFICATES},
    {"record_kind": "company", "key": "engineer", "label": "Solution engineer", "type": "user"},
    {"record_kind": "deal", "key": "product", "label": "Product", "type": "dropdown", "options": PRODUCT_NAMES},
    {"record_kind": "deal", "key": "renewal_date", "label": "Renewal date", "type": "date"},
    {
        "record_kind": "deal", "key": "budget", "label": "Their budget", "type": "money", "roles": ["admin", "manager"],
        "help_text": "What they have told us in confidence",
    },
)  # fmt: skip


def add_fields(actor: Actor) -> None:
    """Add the definitions."""
    for each in FIELDS:
        create_field(actor=actor, **each)


def _chance(key: str, of: str) -> int:
    return crc32(f"{of}:{key}".encode())


def contact_values(key: str) -> dict[str, Any]:
    """Return the custom values of a contact of the story; some have none."""
    channel, sites, newsletter = (_chance(key, each) for each in ("channel", "sites", "newsletter"))
    values = {
        "cf_channel": (*CHANNELS[:1] * 5, *CHANNELS[1:2] * 3, CHANNELS[2], "")[channel % 10],
        "cf_sites": 1 + sites % 40 if sites % 3 else None,
        "cf_newsletter": newsletter % 4 > 1 if newsletter % 3 else None,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def company_values(key: str, people: int, staff: Mapping[str, User]) -> dict[str, Any]:
    """Return the custom values of a company with so many people; the engineers are colleagues."""
    engineer, certificate = _chance(key, "engineer"), _chance(key, "certificates")
    names = sorted(staff)
    values = {
        "cf_segment": SEGMENTS[0 if people < 100 else 1 if people < 1000 else 2],
        "cf_points": 20 + _chance(key, "points") % 900 if engineer % 4 else None,
        "cf_certificates": [name for place, name in enumerate(CERTIFICATES) if certificate >> place & 1],
        "cf_engineer": staff[names[engineer % len(names)]].pk if engineer % 3 == 0 else None,
    }
    return {name: value for name, value in values.items() if value}


def deal_values(key: str, title: str, created: dt.datetime) -> dict[str, Any]:
    """Return the custom values of a deal: its product, when the contract would be renewed."""
    product = next((name for name in PRODUCT_NAMES if title.startswith(name)), "")
    values: dict[str, Any] = {"cf_product": product} if product else {}
    if title.startswith("Service contract") or _chance(key, "renewal_date") % 4 == 0:
        values["cf_renewal_date"] = (created + dt.timedelta(days=365 + _chance(key, "day") % 90)).date()
    return values
