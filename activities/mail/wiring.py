"""Ties mail to the rest: undo, merging, erasing, the menus, and doctor."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.audit import registry
from crm.kernel.core import checkup, navigation, panels, personal, relations
from crm.kernel.core.navigation import NavItem
from crm.kernel.core.personal import ERASED
from crm.kernel.notifications.registry import send_with

from .models import EmailTemplate, OutgoingMail
from .services import sending, steering
from .services.queue import queue_notice

MAIL = {
    "to_address": "", "to_name": "", "reply_to": "", "subject": ERASED, "text": ERASED, "html": "", "error": "",
}  # fmt: skip


def connect() -> None:
    """Called when the app is ready."""
    registry.undo_with(OutgoingMail, steering.undo_queueing)
    registry.allow_undo(OutgoingMail, lambda change, actor: True)  # whoever may undo the command may stop its mails
    registry.allow_undo(
        EmailTemplate, lambda change, actor: change.now is None or EmailTemplate(**change.now).allows(actor, "edit")
    )
    registry.stop_with(steering.stop_mails_of)
    registry.retire_with(EmailTemplate, used, retire)
    registry.link_records({"emailtemplate": "activities:template_edit"})
    relations.declare(OutgoingMail, "contact", "contact", words=_mails)
    personal.hold(
        OutgoingMail, "contact_id = ANY (ids)", blank=MAIL,
        keep=("key", "from_name", "by", "state", "reason", "message_id"),
    )  # fmt: skip
    send_with(queue_notice)
    checkup.add_check("E-mail goes out", sending.problem)
    _fill_menus()


def _mails(count: int) -> str:
    return ngettext("%d outgoing mail", "%d outgoing mails", count) % count


def used(ids: Collection[UUID]) -> list[UUID]:
    """Return which templates an undo of their creation must keep: mails were made of them."""
    return list(EmailTemplate.objects.filter(pk__in=ids, mails__isnull=False).distinct().values_list("pk", flat=True))


def retire(ids: Collection[UUID]) -> None:
    """Take templates out of use."""
    EmailTemplate.objects.live().filter(pk__in=ids).update(archived_at=timezone.now())


def may_write(user: Any) -> bool:
    """Say whether a person may write e-mail at all."""
    return bool(user.level("activity", "edit") != "none")


def _fill_menus() -> None:
    group = _("E-mail")
    navigation.register_settings(
        NavItem(
            "templates", _("E-mail templates"), "activities:template_list", "layout-template", order=60, group=group,
            visible=may_write,
        )
    )  # fmt: skip
    navigation.register_settings(
        NavItem("outbox", _("Outgoing mail"), "activities:outbox", "send", order=61, group=group)
    )
    navigation.register_settings(
        NavItem(
            "blocks", _("Blocked addresses"), "activities:block_list", "ban", order=62, group=group,
            visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip
    for kind in ("contact", "deal"):
        panels.register(f"{kind}.more", "mail/_menu_item.html", order=20, visible=lambda user, record: may_write(user))
