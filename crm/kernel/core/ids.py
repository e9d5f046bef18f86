"""Primary keys: UUIDs that sort by the moment they were made (R1). Never read a time out of them."""

from uuid import UUID

import uuid_utils.compat


def uuid7() -> UUID:
    """Return a new time-ordered UUID (version 7). `crm_uuid7()` is its twin for set-based inserts in SQL."""
    return uuid_utils.compat.uuid7()
