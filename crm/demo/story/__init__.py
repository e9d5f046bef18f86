"""What happened at Brightwater in a little more than two years: a list of dated steps, the same for the same seed and day. Pure functions."""

import datetime as dt
from zoneinfo import ZoneInfo

from .deals import tell_process, tell_renewals
from .doubles import tell_doubles
from .featured import tell_featured
from .firms import tell_companies
from .leads import tell_leads
from .tale import Step, Tale
from .work import tell_work


def tell(*, seed: int, now: dt.datetime, zone: ZoneInfo) -> list[Step]:
    """Return all steps of the sample workspace's story in the order in which they happened."""
    tale = Tale.begin(seed=seed, now=now, zone=zone)
    for part in (tell_companies, tell_featured, tell_process, tell_renewals, tell_leads, tell_work, tell_doubles):
        part(tale)
    return tale.in_order()


__all__ = ["Step", "tell"]
