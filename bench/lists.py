"""Lists sorted and filtered in every way that the product promises to be fast, as a rep, a manager and an admin."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from .measure import Case, page
from .pages import EMAILS, rows

PEOPLE = {"rep": EMAILS["rep"], "manager": "manager.east@demo.test", "admin": EMAILS["admin"]}
FLOOR, MUST, AIM = "F(list)", 2.5, 1.5


def _tier(value: str) -> str:
    return urlencode({"where": json.dumps(["all", ["cf_tier", "is", value]], separators=(",", ":"))})


def addresses() -> dict[str, str]:
    """Return the lists by what they are."""
    owner = rows("SELECT id FROM users_user WHERE email = %s", [EMAILS["rep"]])[0][0]
    tag = rows("SELECT tags[1], count(*) FROM contacts_contact WHERE tags <> '{}' GROUP BY 1 ORDER BY 2 DESC")[0][0]
    stage = rows("SELECT stage_id, count(*) FROM deals_deal WHERE closed_at IS NULL GROUP BY 1 ORDER BY 2 DESC")[0][0]
    return {
        "by last activity": "/contacts/",
        "by name": "/contacts/?sort=name",
        "by a custom number": "/contacts/?sort=cf_score",
        "of one owner": f"/contacts/?owner={owner}",
        "of one owner, by name": f"/contacts/?owner={owner}&sort=name",
        "customers": "/contacts/?stage=customer",
        "with a tag": f"/contacts/?{urlencode({'tag': tag})}",
        "common choice": f"/contacts/?{_tier('silver')}",
        "rare choice": f"/contacts/?{_tier('gold')}",
        "common choice, by name": f"/contacts/?sort=name&{_tier('silver')}",
        "rare choice, by name": f"/contacts/?sort=name&{_tier('gold')}",
        "deals by amount": "/deals/?sort=amount",
        "deals in a stage, by amount": f"/deals/?sort=amount&stage={stage}",
    }


def cases() -> Iterator[Case]:
    """Yield each list as each person, after the floor; and the global search."""
    yield Case(FLOOR, page("/bench/list/"))
    known = addresses()
    for who in PEOPLE:
        for name, address in known.items():
            yield Case(f"{name}, {who}", page(address), who, FLOOR, MUST, AIM)
        for words in ("quillfea", "vandermee", "anderss", "con evergr"):
            floor = f"by last activity, {who}"
            yield Case(f"search {words}, {who}", page(f"/search/?{urlencode({'q': words})}"), who, floor, 1.5, 1.1)
