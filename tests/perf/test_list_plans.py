"""How the database finds the rows of lists with conditions and of orders by custom fields."""

import json
from urllib.parse import urlencode

import pytest
from django.db import connection

from crm.kernel.core import remember
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField

from .test_plans import indexes, plans_of, sequential

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bulk")]
ADMIN = "admin@demo.test"


def where(*rules: list[str], mode: str = "all") -> str:
    return "/contacts/?" + urlencode({"where": json.dumps([mode, *rules])})


@pytest.fixture
def plan():
    """A custom dropdown of which a few contacts have a value, and the statistics to know it by."""
    options = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]
    with changeset(Actor.system("test data"), "test.fields"):
        CustomField.objects.create(record_kind="contact", key="plan", label="Plan", type="dropdown", options=options)
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE contacts_contact SET custom = \'{"plan": "gold"}\' WHERE id IN'
                " (SELECT id FROM contacts_contact ORDER BY id LIMIT 20)"
            )
            cursor.execute("ANALYZE contacts_contact")
    remember.forget()


def test_a_rare_value_of_a_custom_dropdown_is_found_by_the_gin_index(plan):
    path = where(["cf_plan", "is", "gold"])
    assert sequential(path, ADMIN) == []
    assert "contact_custom" in indexes(path, ADMIN)


def test_one_of_two_rare_values_is_found_by_the_same_index(plan):
    assert "contact_custom" in indexes(where(["cf_plan", "is", "gold", "silver"]), ADMIN)


@pytest.mark.parametrize("email", [ADMIN, "rep.east@demo.test"])
def test_common_conditions_walk_the_order_of_the_list(email, plan):
    path = where(["lifecycle", "is", "lead"], ["owner", "filled"], ["cf_plan", "is_not", "gold"])
    assert sequential(path, email) == []


def test_a_tag_is_looked_up_once_however_many_owners_are_seen():
    plans = plans_of("rep.east@demo.test", "/contacts/?tag=tender")
    assert max(sum(n.get("Index Name") == "contact_tags" for n in plan) for _statement, plan in plans) <= 1
    assert sequential("/contacts/?tag=tender", "rep.east@demo.test") == []
