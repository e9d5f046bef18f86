"""Each command that the random sequences do not give: undone it leaves every recorded table as before (H2)."""

from typing import Any
from uuid import UUID

import pytest

from activities.services.tasks import TaskRow, create_task
from contacts.services import create_company, create_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import TRACKED
from deals.models import StageChange
from deals.services import create_deal

from .operations import OPERATIONS, Small
from .sequences import NOT_BUSINESS


def recorded() -> dict[str, list[dict[str, Any]]]:
    """Return every table with history as H2 compares them; of stage visits those that numbers count (P9)."""
    found = {
        model._meta.label: list(
            model._base_manager.order_by("pk").values(
                *(f.attname for f in model._meta.concrete_fields if f.name not in NOT_BUSINESS)
            )
        )
        for model in TRACKED
        if model is not StageChange
    }
    found["visits"] = list(StageChange.objects.counted().order_by("at", "pk").values("deal_id", "to_stage_id", "at"))
    return found


@pytest.fixture
def small(admin, rep, mate, pipeline) -> Small:
    """One record of each kind, made through the services."""
    boss = Actor.of(admin)
    company = create_company(values={"name": "Atlas", "domains": ["atlas.example"], "owner_id": rep.pk}, actor=boss)
    people = [
        create_contact(values={"first_name": name, "owner_id": rep.pk, "company_id": company.pk, "tags": ["old"]}, actor=boss)
        for name in ("Lena", "Paul")
    ]  # fmt: skip
    deal = create_deal(actor=boss, title="Rollout", owner=rep, company=company, contacts=[(people[0].pk, "Buyer")])
    task = create_task(row=TaskRow(title="Ring", contact_id=people[0].pk, deal_id=deal.pk), actor=boss)
    return Small(boss, rep, mate, *people, company, deal, task, pipeline)


@pytest.mark.parametrize("command", sorted(OPERATIONS))
def test_undone_it_is_as_if_it_had_not_been(small, command):
    give = OPERATIONS[command](small)
    before = recorded()
    given = give()
    changed = given if isinstance(given, UUID) else small.boss.last_change
    assert ChangeSet.objects.get(pk=changed).command == command
    after = recorded()
    assert after != before, "an example that changes nothing proves nothing"
    result = undo(changeset_id=changed, actor=small.boss)
    assert not result.conflicts and not result.binned
    for table, rows in recorded().items():
        assert rows == before[table], table
