"""What a process keeps for a few seconds: small lists that nearly every page shows and hardly anybody changes."""

import functools
import time
from collections.abc import Callable

SECONDS = 3.0
_kept: dict[Callable[[], object], tuple[float, object]] = {}


def remembered[T](function: Callable[[], T]) -> Callable[[], T]:
    """Keep what a function without arguments returns for some seconds: for what is shown, never for what is checked."""

    @functools.wraps(function)
    def recall() -> T:
        known = _kept.get(function)
        if known is None or time.monotonic() - known[0] > SECONDS:
            known = _kept[function] = (time.monotonic(), function())
        return known[1]  # type: ignore[return-value]

    return recall


def forget() -> None:
    """Drop all of it: after a change of the settings, and between tests."""
    _kept.clear()
