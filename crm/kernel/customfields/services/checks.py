"""What definitions must satisfy."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm.kernel.customfields.models import CustomField

MOST_FIELDS = 100
MOST_OPTIONS = 200
LABEL_LENGTH = 80


def key_for(label: str, taken: Iterable[str] = ()) -> str:
    """Return a key of a label: `Fleet size` is `fleet_size`, a second one `fleet_size_2`."""
    key = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:36]
    key = key if key and key[0].isalpha() else f"field_{key}".rstrip("_")
    used, number, found = set(taken), 2, key
    while found in used:
        found, number = f"{key}_{number}", number + 1
    return found


def new_options(options: Iterable[str | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return options of labels, or of whole options with their keys, in the shape that is stored; empty ones are left out."""
    found: list[dict[str, Any]] = []
    for each in options:
        given = {"label": each} if isinstance(each, str) else dict(each)
        label = " ".join(str(given.get("label") or "").split())
        if label:
            key = given.get("key") or key_for(label, [known["key"] for known in found])
            found.append({"key": key, "label": label, "retired": bool(given.get("retired"))})
    return found


def check_options(field: CustomField, errors: dict[str, str]) -> None:
    """Note what is wrong with a field's options: none, too many, two of one name or one of too many letters."""
    labels = [each["label"].casefold() for each in field.options]
    if not labels:
        errors.setdefault("options", _("Add at least one choice."))
    elif len(labels) > MOST_OPTIONS:
        errors.setdefault("options", _("%(count)d choices are the most.") % {"count": MOST_OPTIONS})
    elif len(set(labels)) < len(labels):
        double = next(each for place, each in enumerate(labels) if each in labels[:place])
        label = next(each["label"] for each in field.options if each["label"].casefold() == double)
        errors.setdefault("options", _("“%(label)s” is there twice.") % {"label": label})
    elif any(len(each) > LABEL_LENGTH for each in labels):
        errors.setdefault("options", _("Keep a choice to %(most)d characters.") % {"most": LABEL_LENGTH})
    elif any("\x00" in each for each in labels):
        errors.setdefault("options", _("It holds a character that cannot be stored."))
