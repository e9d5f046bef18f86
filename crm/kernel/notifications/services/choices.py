"""How a person wants to be told: by kind in the product and by mail, and when not."""

import datetime as dt
from collections.abc import Mapping

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.notifications.models import ByMail, NotificationChoice, QuietHours
from crm.kernel.notifications.registry import Topic, topics

from .mailing import replan


def choices_of(actor: Actor) -> list[tuple[Topic, bool, str]]:
    """Return each kind of notification with what the actor has chosen: in the product, by mail."""
    made = {each.topic: each for each in NotificationChoice.objects.visible_to(actor)}
    return [
        (topic, made[topic.key].in_app, made[topic.key].by_mail)
        if topic.key in made
        else (topic, True, str(topic.by_mail))
        for topic in topics()
    ]


@command("notifications.choose")
def choose(
    *,
    choices: Mapping[str, tuple[bool, str]],
    starts: dt.time | None,
    ends: dt.time | None,
    days_off: bool,
    actor: Actor,
) -> None:
    """Set how the actor is told of each kind (in the product, by mail), and their quiet hours.

    Raises Refused beside the field for an unknown kind or way, and for a quiet time with one end.
    """
    known = {topic.key for topic in topics()}
    if not set(choices) <= known or not {by_mail for _app, by_mail in choices.values()} <= set(ByMail.values):
        raise Refused(_("There is no such notification."))
    if (starts is None) != (ends is None):
        words = _("Give both times, or neither.")
        raise Refused(words, fields={"ends" if ends is None else "starts": words})
    before = {topic.key: (in_app, by_mail) for topic, in_app, by_mail in choices_of(actor)}
    for key, (in_app, by_mail) in choices.items():
        if before[key] != (in_app, by_mail):
            NotificationChoice.objects.update_or_create(
                user=actor.user, topic=key, defaults={"in_app": in_app, "by_mail": by_mail}
            )
    quiet = {"starts": starts, "ends": ends, "days_off": days_off}
    old = QuietHours.objects.visible_to(actor).first()
    if old is None and (starts is not None or days_off):
        QuietHours.objects.create(user=actor.user, **quiet)
    elif old is not None and quiet != {name: getattr(old, name) for name in quiet}:
        for name, value in quiet.items():
            setattr(old, name, value)
        old.save()
    replan(actor.user)
