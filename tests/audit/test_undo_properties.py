"""Whatever was commanded in whatever order: undo of all in reverse is as if nothing had been (H2).

`UNDO_EXAMPLES=300` runs more of them.
"""

import os
import random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import CompanyEmail, CompanyPhone, ContactEmail, ContactPhone
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from deals.models import Deal, StageChange
from deals.services import create_deal

from .sequences import OPS, World, business

EXAMPLES = int(os.environ.get("UNDO_EXAMPLES", "12"))
OPTIONS = settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=EXAMPLES < 100, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
sequences = st.lists(st.tuples(st.sampled_from(sorted(OPS)), st.integers(0, 10**6)), min_size=4, max_size=14)


@pytest.fixture
def world(admin, rep, mate, manager, tmp_path, settings) -> World:
    """Two companies, three people, two deals, a note and a task, all made through the services."""
    settings.VAR_DIR = tmp_path
    boss = Actor.of(admin)
    atlas = create_company(values={"name": "Atlas", "domains": ["d0.example"], "owner_id": rep.pk}, actor=boss)
    create_company(values={"name": "Nord", "emails": ["info@nord.example"], "parent_id": atlas.pk}, actor=boss)
    lena = create_contact(
        values={"first_name": "Lena", "owner_id": rep.pk, "company_id": atlas.pk, "emails": ["p0@x.example", "p1@x.example"],
                "phones": ["+4531550100"], "tags": ["vip"]},
        actor=boss,
    )  # fmt: skip
    for number in range(2):
        create_contact(values={"first_name": f"Paul{number}", "emails": [f"p{number + 2}@x.example"]}, actor=boss)
    deal = create_deal(actor=boss, title="Atlas rollout", owner=rep, company=atlas, contacts=[(lena.pk, "Buyer")])
    create_deal(actor=boss, title="Second", owner=mate, amount=900)
    log_activity(row=ActivityRow(type="note", body="Hi", contact_ids=(lena.pk,), deal_id=deal.pk), actor=boss)
    create_task(row=TaskRow(title="Ring", contact_id=lena.pk, deal_id=deal.pk), actor=boss)
    return World(boss, [rep, mate, manager], tmp_path)


@given(steps=sequences)
@OPTIONS
def test_undo_of_all_in_reverse_order_is_as_if_nothing_had_been(world, steps):
    with transaction.atomic():
        world.done = []
        before = business()
        for name, seed in steps:
            world.run(name, seed)
        for name, changed in reversed(world.done):
            result = undo(changeset_id=changed, actor=world.boss)
            assert not result.conflicts and not result.binned, (name, result)
        after = business()
        for table in before:
            assert after[table] == before[table], (table, [name for name, _pk in world.done])
        transaction.set_rollback(True)


@given(steps=sequences, seed=st.integers(0, 10**6))
@OPTIONS
def test_undo_in_any_order_does_it_or_says_what_stands_in_the_way(world, steps, seed):
    with transaction.atomic():
        world.done = []
        for name, number in steps:
            world.run(name, number)
        for _name, changed in random.Random(seed).sample(world.done, len(world.done)):
            present = business()
            try:
                with transaction.atomic():
                    undo(changeset_id=changed, actor=world.boss, force=True)
            except Refused:
                assert business() == present, "a refusal writes nothing"
            _check_whole()
        transaction.set_rollback(True)


def _check_whole() -> None:
    """Assert what must hold after any undo: all constraints, one primary row each, one running visit that is the deal's."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for model in (ContactEmail, ContactPhone, CompanyEmail, CompanyPhone):
        marks: dict = {}
        for parent, primary in model.objects.values_list(model.history_parent, "primary"):
            marks.setdefault(parent, []).append(primary)
        assert all(sum(each) == 1 for each in marks.values()), model
    running = dict(StageChange.objects.filter(until__isnull=True).values_list("deal_id", "to_stage_id"))
    assert running == dict(Deal.objects.values_list("pk", "stage_id"))
