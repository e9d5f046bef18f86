"""How search finds activities and tasks: by words of their texts, one's own and the latest first."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.finders import in_company
from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.core.html import icon_html
from crm.kernel.search.engine import Hit, Searchable
from crm.kernel.search.language import Query
from crm.kernel.search.operators import by_person
from crm.kernel.search.registry import register as let_find
from crm.kernel.search.words import NOTHING, Operator, asked, month_marks, vector_matching

from .models import Activity, Task
from .models.activity import WORDS as ACTIVITY_WORDS
from .models.task import WORDS as TASK_WORDS
from .places import url_of
from .sentences import ICONS

TYPES = {
    "call": "call", "calls": "call", "note": "note", "notes": "note", "meeting": "meeting", "meetings": "meeting",
    "email": "email", "emails": "email", "e-mail": "email", "mail": "email",
}  # fmt: skip


def _by_type(_actor: Actor, value: str) -> Q:
    word = value.casefold()
    return Q(type=TYPES[word]) if word in TYPES else Q() if word in ("activity", "activities") else NOTHING


OPERATORS: Mapping[str, Operator] = {"owner": by_person("user"), "company": in_company, "type": _by_type}
TASK_OPERATORS: Mapping[str, Operator] = {
    "owner": by_person("assignee"),
    "company": in_company,
    "type": lambda _actor, value: Q() if value.casefold() in ("task", "tasks", "todo") else NOTHING,
}


def _activity_condition(query: Query, actor: Actor) -> Q:
    return asked(query, actor, OPERATORS) & vector_matching(query, ACTIVITY_WORDS)


def _lately(query: Query, actor: Actor) -> Q:
    """Return the matches of last month, this one and the next: an index holds no order of time, but it holds months."""
    months = month_marks(timezone.now().date(), before=1, after=1)
    return asked(query, actor, OPERATORS) & vector_matching(query, ACTIVITY_WORDS, months=months)


def _task_condition(query: Query, actor: Actor) -> Q:
    return asked(query, actor, TASK_OPERATORS) & vector_matching(query, TASK_WORDS)


def _activity_hit(row: Mapping[str, Any]) -> Hit:
    kind = str(Activity.Type(row["type"]).label)
    about = ", ".join(filter(None, (kind, row["user__name"], formats.day(row["at"]))))
    body = " ".join(row["body"].split())
    title = row["subject"] or body[:80] or kind
    picture = icon_html(ICONS[row["type"]])
    return Hit("activity", row["pk"], title, about, url_of("activity", row["pk"]), picture, more=(body,))


def _task_hit(row: Mapping[str, Any]) -> Hit:
    state = _("done") if row["done_at"] else formats.day(row["due_on"]) if row["due_on"] else ""
    about = ", ".join(filter(None, (row["assignee__name"], str(state))))
    return Hit("task", row["pk"], row["title"], about, url_of("task", row["pk"]), more=(row["notes"],))


ACTIVITIES = Searchable(
    kind="activity",
    label=_("Activities"),
    icon="phone",
    rows=lambda actor: Activity.objects.visible_to(actor).live().exclude(type=Activity.Type.SYSTEM),
    everybodys=lambda: Activity.objects.live().exclude(type=Activity.Type.SYSTEM),
    lately=_lately,
    values=("type", "subject", "body", "at", "user__name"),
    hit=_activity_hit,
    owner="user_id",
    recent="at",
    name="",
    condition=_activity_condition,
    spelling=False,
    late=True,
    types=("activities", *TYPES),
    order=40,
)
TASKS = Searchable(
    kind="task",
    label=_("Tasks"),
    icon="circle-check-big",
    rows=lambda actor: Task.objects.visible_to(actor).live(),
    everybodys=Task.objects.live,
    values=("title", "notes", "due_on", "done_at", "assignee__name"),
    hit=_task_hit,
    owner="assignee_id",
    recent="created_at",
    name="",
    better=Q(done_at__isnull=True),
    condition=_task_condition,
    spelling=False,
    late=True,
    types=("tasks", "todo"),
    order=50,
)


def register() -> None:
    """Let search find activities and tasks."""
    let_find(ACTIVITIES)
    let_find(TASKS)
