"""Reasons for losses: a closed list kept by admins (P0). Needs the flag `settings`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from deals.models import LostReason

from .pipelines import check_name, cleaned, reorder


@command("reasons.add")
def add_reason(*, name: str, actor: Actor, not_a_loss: bool = False) -> LostReason:
    """Add a reason at the end of the list."""
    actor.require_flag("settings")
    values = cleaned(LostReason, {"name": name})
    check_name(LostReason.objects.all(), values["name"])
    last = LostReason.objects.aggregate(last=Max("position"))["last"]
    return LostReason.objects.create(**values, not_a_loss=not_a_loss, position=0 if last is None else last + 1)


@command("reasons.edit")
def edit_reason(*, reason_id: UUID, values: Mapping[str, Any], actor: Actor) -> LostReason:
    """Rename a reason, or say whether it is a loss at all (N2)."""
    actor.require_flag("settings")
    reason = LostReason.objects.select_for_update().get(pk=reason_id)
    data = cleaned(LostReason, {name: values[name] for name in ("name", "not_a_loss") if name in values})
    if reason.name == LostReason.NOT_RECORDED and data.get("name", reason.name) != reason.name:
        raise Refused(_("Imports use this one; it keeps its name."), fields={"name": _("It keeps its name.")})
    if "name" in data:
        check_name(LostReason.objects.exclude(pk=reason_id), data["name"])
    changed = {name: value for name, value in data.items() if getattr(reason, name) != value}
    if changed:
        LostReason.objects.filter(pk=reason_id).update(**changed)
        reason.refresh_from_db()
    return reason


@command("reasons.order")
def order_reasons(*, reason_ids: Sequence[UUID], actor: Actor) -> None:
    """Put the reasons into this order."""
    actor.require_flag("settings")
    reorder(list(LostReason.objects.select_for_update()), reason_ids)


@command("reasons.archive")
def archive_reason(*, reason_id: UUID, actor: Actor, archived: bool = True) -> LostReason:
    """Take a reason out of use, or back with `archived=False`; deals that were lost for it keep it."""
    actor.require_flag("settings")
    reason = LostReason.objects.select_for_update().get(pk=reason_id)
    if archived and not LostReason.objects.filter(archived_at__isnull=True).exclude(pk=reason_id).exists():
        raise Refused(_("The last reason stays."))
    if (reason.archived_at is not None) != archived:
        reason.archived_at = timezone.now() if archived else None
        LostReason.objects.filter(pk=reason_id).update(archived_at=reason.archived_at)
    return reason
