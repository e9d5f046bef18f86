"""The ledger of a rule's assignments: to whom it gave what, why, and who was passed over (W1, W6)."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.http import Request
from crm.kernel.users.models import User
from workflows.models import Assignment, Rule
from workflows.records import named

LAST = 50


def assigns(rule: Rule) -> bool:
    """Say whether a rule, as it was saved last or is at work, gives records to people."""
    documents = [each.document for each in (rule.latest, rule.current) if each is not None]
    steps = [step for each in documents for step in each.get("steps") or () if isinstance(step, dict)]
    return any(step.get("action") == "assign" for step in steps)


def ledger(request: Request, rule: Rule) -> dict[str, Any]:
    """Return the last assignments of a rule, and how many of them each person got; records only as the person may see."""
    rows = list(Assignment.objects.filter(rule=rule).select_related("user").order_by("-at", "-pk")[:LAST])
    records = named(((row.record_kind, row.record_id) for row in rows), request.actor)
    people = dict(
        User.objects.filter(pk__in={each["user"] for row in rows for each in row.pool}).values_list("pk", "name")
    )
    shares = Counter(str(row.user) for row in rows if row.user is not None)
    return {
        "given": [{"row": row, "record": records.get(row.record_id), "passed": _passed(row, people)} for row in rows],
        "given_shares": shares.most_common(),
        "given_most": LAST if len(rows) == LAST else 0,
    }


def _passed(row: Assignment, people: dict[UUID, str]) -> str:
    """Return who of the pool was passed over and why, in words."""
    words = {"absent": _("%(name)s (away)"), "full": _("%(name)s (has enough)")}
    found = []
    for each in row.pool:
        name = people.get(UUID(each["user"]))
        why = next((key for key in words if each.get(key)), "")
        if name and why:
            found.append(words[why] % {"name": name})
    return ", ".join(found)
