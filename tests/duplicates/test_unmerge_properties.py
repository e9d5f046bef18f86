"""Whatever two contacts hold and whatever is chosen: merge then undo is identity, and no child is lost (M3, M4)."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.models import ActivityContact, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Contact
from contacts.services import create_contact
from contacts.services.merging import merge_contacts
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from deals.models import DealContact
from deals.services import create_deal

from .conftest import business

pytestmark = pytest.mark.django_db
numbers = st.lists(st.sampled_from(["+4531550187", "+4520202020", "+4531550100"]), unique=True, max_size=3)
words = st.lists(st.sampled_from(["vip", "ferries", "north"]), unique=True, max_size=3)
sides = st.sampled_from(["survivor", "loser"])
people = st.fixed_dictionaries(
    {"first_name": st.sampled_from(["Maya", "Paul"]), "last_name": st.sampled_from(["", "Lindqvist"]),
     "job_title": st.sampled_from(["", "COO", "CFO"]), "city": st.sampled_from(["", "Aarhus"]),
     "lifecycle": st.sampled_from(["lead", "other"]), "phones": numbers, "tags": words, "links": st.just([]),
     "do_not_call": st.booleans(), "description": st.sampled_from(["", "Met in Oslo"])},
)  # fmt: skip
# How many activities, tasks and deals belong to the first, to the second, and to both.
work = st.tuples(*[st.tuples(*[st.integers(0, 1)] * 3)] * 3)
addresses = st.tuples(st.integers(0, 2), st.integers(0, 2))
choices = st.fixed_dictionaries(
    {}, optional={"name": sides, "job_title": sides, "address": sides, "lifecycle": sides, "do_not_call": sides,
                  "tags": st.sampled_from(["survivor", "loser", "both"])}
)  # fmt: skip


def _hang_work_on(actor, both, counts):
    activities, tasks, deals = counts
    owners = ([both[0]], [both[1]], both)
    for group, number in zip(owners, activities, strict=True):
        for _each in range(number):
            log_activity(row=ActivityRow(type="note", body="Hi", contact_ids=tuple(c.pk for c in group)), actor=actor)
    for contact, number in zip(both, tasks[:2], strict=True):
        for _each in range(number):
            create_task(row=TaskRow(title="Ring", contact_id=contact.pk), actor=actor)
    for group, number in zip(owners, deals, strict=True):
        for _each in range(number):
            named = [(c.pk, f"Role {n}") for n, c in enumerate(reversed(group))]
            create_deal(actor=actor, title="Deal", owner=actor.user, contacts=named)


def _children(contacts):
    """Return what hangs on these contacts, each thing once."""
    return {
        "activities": set(
            ActivityContact.objects.filter(contact__in=contacts)
            .exclude(activity__system="contact_merged")
            .values_list("activity_id", flat=True)
        ),
        "tasks": set(Task.objects.filter(contact__in=contacts).values_list("pk", flat=True)),
        "deals": set(DealContact.objects.filter(contact__in=contacts).values_list("deal_id", flat=True)),
    }


@given(first=people, second=people, mails=addresses, counts=work, chosen=choices)
@settings(
    max_examples=10, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_merge_then_undo_is_identity_and_children_are_conserved(manager, first, second, mails, counts, chosen):
    boss = Actor.of(manager)
    with transaction.atomic():
        both = [
            create_contact(
                values={**values, "owner": manager, "emails": [f"{n}{m}@x.example" for m in range(mails[n])]},
                actor=boss,
            )
            for n, values in enumerate((first, second))
        ]
        _hang_work_on(boss, both, counts)
        before, children = business(), _children(both)
        merge_contacts(survivor_id=both[0].pk, loser_id=both[1].pk, actor=boss, choices=chosen)
        assert _children([both[0]]) == children and not any(_children([both[1]]).values())
        assert Contact.objects.live().filter(pk__in=[c.pk for c in both]).count() == 1
        undo(changeset_id=boss.last_change, actor=boss)
        assert business() == before
        transaction.set_rollback(True)
