"""What apps with customised records tell the custom fields: how their search text is recomputed."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

Refresh = Callable[[Iterable[UUID]], Any]
refreshers: dict[str, Refresh] = {}


def refresh_search_with(record_kind: str, function: Refresh) -> None:
    """Have `function(ids)` recompute the search text of records whose custom values, or their definition, changed."""
    refreshers[record_kind] = function
