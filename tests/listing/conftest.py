"""What the tests of lists share: a desk full of records, and something to do with several of them."""

import pytest

from crm.kernel.core import panels
from tests.perf.conftest import desk_of

__all__ = ["desk_of"]


@pytest.fixture
def bulk_place(monkeypatch):
    """Put something into the place of bulk buttons."""
    monkeypatch.setattr(panels, "_slots", panels._slots.copy())
    panels.register("list.bulk", "components/mark.html")
