"""Roles: what their holders may do is data (U2). There is always somebody who may change the settings."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Role, User


def require_an_admin(_touched: Iterable[Any] = ()) -> None:
    """Raise Refused unless an active person may still change the settings. Called after each change."""
    if not User.objects.active().filter(role__flags__contains=["settings"]).exists():
        raise Refused(_("Somebody must be left who may change the settings."))


def _validate(role: Role) -> None:
    """Raise Refused unless levels and rights are of the known words and the name is free."""
    try:
        role.full_clean(validate_unique=False)
    except ValidationError as error:
        raise Refused(
            " ".join(error.messages), fields={k: " ".join(v) for k, v in error.message_dict.items()}
        ) from error
    if Role.objects.filter(name__iexact=role.name).exclude(pk=role.pk).exists():
        raise Refused(_("There is a role of this name."), fields={"name": _("There is a role of this name.")})


def _free_key(name: str) -> str:
    base = slugify(name)[:34] or "role"
    taken = set(Role.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for key in (base, *(f"{base}-{n}" for n in range(2, 1000))) if key not in taken)


@command("users.create_role")
def create_role(*, name: str, levels: dict[str, dict[str, str]], flags: list[str], actor: Actor) -> Role:
    """Add a role (U2)."""
    actor.require_flag("settings")
    role = Role(key=_free_key(name), name=name, levels=levels, flags=flags)
    _validate(role)
    role.save(force_insert=True)
    return role


@command("users.edit_role")
def edit_role(*, role_id: UUID, name: str, levels: dict[str, dict[str, str]], flags: list[str], actor: Actor) -> Role:
    """Change what the holders of a role may do (U2). Refused if nobody would be left to change the settings."""
    actor.require_flag("settings")
    role = Role.objects.select_for_update().get(pk=role_id)
    role.name, role.levels, role.flags = name, levels, flags
    _validate(role)
    role.save(update_fields=["name", "levels", "flags"])
    require_an_admin()
    return role


@command("users.delete_role")
def delete_role(*, role_id: UUID, actor: Actor) -> None:
    """Remove a role that nobody has."""
    actor.require_flag("settings")
    role = Role.objects.select_for_update().get(pk=role_id)
    if role.users.exists():
        raise Refused(_("People still have this role. Give them another one first."))
    role.delete()
