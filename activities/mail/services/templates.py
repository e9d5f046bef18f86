"""Making, changing and archiving templates (E4)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.mail import fields, merge
from activities.mail.html import clean_html
from activities.mail.models import EmailTemplate, may_share
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Conflict, Refused

EDITABLE = ("name", "subject", "text", "html", "marketing", "shared")


@command("mail_templates.create")
def create_template(*, values: Mapping[str, Any], actor: Actor) -> EmailTemplate:
    """Make a template; it is the actor's own unless `shared`.

    Raises PermissionDenied without the right to write e-mail, or to share; Refused beside the field for a text that cannot
    be sent: an unknown merge field with its line, no text at all.
    """
    actor.require_kind("edit", "activity")
    template = EmailTemplate(owner_id=actor.id, **_checked(values, actor))
    if template.shared and not may_share(actor):
        raise PermissionDenied(f"{actor.label} may not share templates.")
    template.save()
    return template


@command("mail_templates.edit")
def edit_template(
    *, template_id: UUID, values: Mapping[str, Any], actor: Actor, version: int | None = None
) -> EmailTemplate:
    """Change a template. Mails that are queued already stay as they are.

    Raises EmailTemplate.DoesNotExist for one that the actor may not see, PermissionDenied for one not theirs to change or
    to share, Conflict if somebody else has changed it since `version`, Refused as `create_template` does.
    """
    template = _locked(template_id, actor)
    if version is not None and version != template.version:
        words = _("Somebody else has changed this template meanwhile. Save again to keep your text.")
        raise Conflict(words, theirs={"version": template.version})
    checked = _checked(values, actor, template)
    if checked.get("shared", template.shared) != template.shared and not may_share(actor):
        raise PermissionDenied(f"{actor.label} may not share templates.")
    changed = [name for name, value in checked.items() if getattr(template, name) != value]
    for name in changed:
        setattr(template, name, checked[name])
    return _saved(template, changed)


@command("mail_templates.archive")
def archive_template(*, template_id: UUID, actor: Actor) -> EmailTemplate:
    """Take a template out of use; what was sent with it keeps its name. Raises as `edit_template` does."""
    template = _locked(template_id, actor)
    if template.archived_at is None:
        template.archived_at = timezone.now()
        _saved(template, ["archived_at"])
    return template


@command("mail_templates.restore")
def restore_template(*, template_id: UUID, actor: Actor) -> EmailTemplate:
    """Offer an archived template again. Raises as `edit_template` does."""
    template = _locked(template_id, actor)
    if template.archived_at is not None:
        template.archived_at = None
        _saved(template, ["archived_at"])
    return template


def _locked(template_id: UUID, actor: Actor) -> EmailTemplate:
    template: EmailTemplate = EmailTemplate.objects.visible_to(actor).locked().get(pk=template_id)
    actor.require("edit", template)
    return template


def _saved(template: EmailTemplate, changed: list[str]) -> EmailTemplate:
    if changed:
        template.version += 1
        template.updated_at = timezone.now()
        template.save(update_fields=[*changed, "version", "updated_at"])
    return template


def _checked(values: Mapping[str, Any], actor: Actor, old: EmailTemplate | None = None) -> dict[str, Any]:
    """Return the values as they are stored, or raise Refused with all that is wrong, by field."""
    found = {name: values[name] for name in EDITABLE if name in values}
    for name in ("name", "subject", "text", "html"):
        if name in found:
            found[name] = found[name].strip()
    errors: dict[str, str] = {}
    if "html" in found:
        found["html"] = clean_html(found["html"])

    def now(name: str) -> str:
        return found.get(name, getattr(old, name) if old else "")

    if not now("name"):
        errors["name"] = _("Type a name.")
    if not now("subject"):
        errors["subject"] = _("Type a subject.")
    if "\n" in now("subject") or "\r" in now("subject"):
        errors["subject"] = _("A subject is one line.")
    if not now("text") and not now("html"):
        errors["text"] = _("Write a text, or paste HTML.")
    errors |= field_errors({name: found[name] for name in ("subject", "text", "html") if name in found}, actor)
    if errors:
        raise Refused(next(iter(errors.values())), fields=errors)
    return found


def field_errors(texts: Mapping[str, str], actor: Actor) -> dict[str, str]:
    """Return by name what is wrong with the merge fields of texts, with the lines, as far as the actor knows fields."""
    known = fields.known_names(actor)
    errors = {}
    for name, text in texts.items():
        wrong = merge.problems(text, known)
        if wrong:
            said = [
                _("Line %(line)d: %(why)s") % {"line": each.line, "why": each.why} if "\n" in text else each.why
                for each in wrong[:5]
            ]
            errors[name] = " ".join(said)
    return errors
