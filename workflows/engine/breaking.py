"""Rules that can no longer work pause themselves and tell their author (W8); the brake tells too."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User
from workflows.models import Rule

HOUR = dt.timedelta(hours=1)


def break_rule(rule: Rule, reason: str) -> None:
    """Pause a rule that cannot work, and tell its people once. What happens meanwhile is kept for it."""
    if rule.broken:
        return
    with changeset(Actor.system("workflows"), "rules.break", summary={"rule": rule.name}):
        changed = Rule.objects.filter(pk=rule.pk, state=Rule.State.LIVE).update(
            state=Rule.State.PAUSED, broken=True, pause_reason=reason[:500]
        )
        rule.state, rule.broken, rule.pause_reason = Rule.State.PAUSED, True, reason[:500]
        if changed:
            stamp = f"{timezone.now():%Y%m%dT%H%M%S%f}"
            tell(
                rule,
                f"broken:{rule.pk}:{stamp}",
                lambda: _("The rule “%(name)s” has paused itself: %(why)s"),
                why=reason,
            )


def brake(rule: Rule, now: dt.datetime) -> None:
    """Note that the brake holds runs of a rule back, and tell its people at most once an hour."""
    if rule.braked_at is not None and rule.braked_at > now - HOUR:
        return
    Rule.objects.filter(pk=rule.pk).update(braked_at=now)
    rule.braked_at = now
    words = lambda: _("The rule “%(name)s” runs so often that the brake holds runs back.")  # noqa: E731
    tell(rule, f"brake:{rule.pk}:{now:%Y%m%dT%H}", words)


def tell(rule: Rule, key: str, words: object, **values: str) -> None:
    """Notify the owner of a rule, for one of the house whoever published it, in their language."""
    published_by = rule.current.published_by_id if rule.current is not None else None
    people = User.objects.active().filter(pk__in={pk for pk in (rule.owner_id, published_by, rule.created_by_id) if pk})
    notes = []
    for person in people:
        with override(person.locale):
            text = words() % {"name": rule.name, **values}  # type: ignore[operator]
        notes.append(
            Note(user_id=person.pk, topic="workflow", text=text, key=key, record_kind="rule", record_id=rule.pk)
        )
    notify(notes)
