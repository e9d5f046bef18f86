"""What tests of bulk actions share: records in numbers, and a function that runs an action to its end."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from contacts.models import Contact
from contacts.services.contacts import create_contacts
from crm.kernel.core.changes import Actor
from crm.kernel.listing.bulk import services
from crm.kernel.listing.bulk.engine import perform
from crm.kernel.listing.bulk.models import BulkRun
from crm.kernel.listing.selection import Selection
from crm.kernel.users.models import User
from deals.models import LostReason, Stage


@pytest.fixture
def stages(pipeline) -> list[Stage]:
    """The stages in order; the last two are won and lost."""
    return list(pipeline.stages.order_by("position"))


@pytest.fixture
def reason(pipeline) -> LostReason:
    """A reason for a loss."""
    return LostReason.objects.get(name="Price")


@pytest.fixture
def people(rep) -> list[Contact]:
    """Five contacts of `rep`."""
    rows = [{"first_name": f"Person {n}", "owner": rep, "tags": ["old"]} for n in range(5)]
    return create_contacts(rows=rows, actor=Actor.of(rep))


def begin(user: User, list_key: str, action: str, ids: Iterable[Any] | None, query: str = "", **params: Any) -> BulkRun:
    """Begin a bulk action as a list would; `ids` None stands for all that match the query."""
    chosen = tuple(str(getattr(each, "pk", each)) for each in ids or ())
    selection = Selection(list_key, query, chosen, ids is None)
    sent = {name: value if isinstance(value, list) else [str(value)] for name, value in params.items()}
    return services.begin_bulk(actor=Actor.of(user), selection=selection, action=action, params=sent | {"step": ["go"]})


@pytest.fixture
def run_bulk() -> Callable[..., BulkRun]:
    """Return a function that runs a bulk action to its end and gives back the run."""

    def run(*args: Any, **params: Any) -> BulkRun:
        begun = begin(*args, **params)
        perform(begun)
        begun.refresh_from_db()
        return begun

    return run


def refused(run: BulkRun) -> dict[Any, str]:
    """Return why records were left out, by id."""
    return dict(run.items.filter(outcome="refused").values_list("record_id", "message"))
