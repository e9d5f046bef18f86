"""What a role may do: data, not code (U2). The levels and flags here are the vocabulary and the defaults."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

KINDS: Final = ("contact", "company", "deal", "activity", "task", "report")
VERBS: Final = ("view", "edit", "delete")
LEVELS: Final = ("none", "own", "team", "all")
FLAGS: Final = {
    "export": _("export"),
    "bulk": _("bulk edit"),
    "import": _("import"),
    "merge": _("merge"),
    "rules": _("rules"),
    "settings": _("settings"),
    "audit": _("audit page"),
    "personal_data": _("personal data"),
    "date_back": _("dating back"),
}


def _levels(view: str, edit: str, delete: str) -> dict[str, dict[str, str]]:
    levels = {kind: {"view": view, "edit": edit, "delete": delete} for kind in KINDS}
    levels["company"]["view"] = "all"
    return levels


DEFAULTS: Final = {
    "rep": {"name": "Rep", "levels": _levels("team", "own", "own"), "flags": ["bulk"]},
    "manager": {
        "name": "Manager",
        "levels": _levels("team", "team", "own"),
        "flags": ["export", "bulk", "import", "merge", "rules", "date_back"],
    },
    "viewer": {"name": "Viewer", "levels": _levels("all", "none", "none"), "flags": []},
    "admin": {"name": "Admin", "levels": _levels("all", "all", "all"), "flags": list(FLAGS)},
}


def add_default_roles(roles: Any) -> None:
    """Add the four roles where they are missing. Takes the model class; call it under a change-set."""
    for key, values in DEFAULTS.items():
        roles.objects.get_or_create(key=key, defaults=values)


def validate_levels(levels: object) -> None:
    """Raise ValidationError unless every kind and verb has one of the four levels."""
    if not isinstance(levels, dict) or set(levels) != set(KINDS):
        raise ValidationError(_("Give a level for each kind of record."))
    for verbs in levels.values():
        if not isinstance(verbs, dict) or set(verbs) != set(VERBS) or not set(verbs.values()) <= set(LEVELS):
            raise ValidationError(_("Each of view, edit and delete takes none, own, team or all."))


def validate_flags(flags: object) -> None:
    """Raise ValidationError unless all flags are known."""
    if not isinstance(flags, list) or not set(flags) <= set(FLAGS):
        raise ValidationError(_("Unknown right."))
