"""Making rules and working on their drafts (W8). What is published is in `publishing`."""

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.users.models import User
from workflows.actors import HOUSE_RIGHTS
from workflows.documents import EMPTY
from workflows.models import Rule, RuleVersion

LONGEST = 60_000  # characters of a document
LONGEST_NAME = 120


def rule_to_edit(rule_id: UUID, actor: Actor) -> Rule:
    """Return a rule, locked, that the actor may change: one's own, an admin any (W9).

    Raises PermissionDenied without the right to rules or for somebody else's, Rule.DoesNotExist if there is none.
    """
    actor.require_flag("rules")
    Rule.objects.locked().get(pk=rule_id)
    rule: Rule = Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=rule_id)
    if not rule.allows(actor, "edit"):
        raise PermissionDenied("Only its owner, or an admin, may change this rule.")
    return rule


def checked_name(name: str, *, rule: Rule | None = None) -> str:
    """Return a name as it is stored; raises Refused for an empty one and one that another rule has."""
    words = " ".join(str(name or "").replace("\x00", " ").split())[:LONGEST_NAME]
    if not words:
        raise Refused(_("Give the rule a name."), fields={"name": _("Give the rule a name.")})
    taken = Rule.objects.filter(name__iexact=words)
    if (taken.exclude(pk=rule.pk) if rule is not None else taken).exists():
        said = _("There is a rule of this name already.")
        raise Refused(said, fields={"name": said})
    return words


def checked_document(document: Any) -> dict[str, Any]:
    """Return a document that can be stored; whether it can work is asked at publishing."""
    if not isinstance(document, Mapping):
        raise Refused(_("A rule has a trigger, conditions and steps."))
    try:
        text = json.dumps(document, default=str, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(_("This document cannot be read.")) from error
    if len(text) > LONGEST or "\\u0000" in text:
        raise Refused(_("This rule is too long."))
    return dict(json.loads(text))


def checked_owner(actor: Actor, owner: User | None, *, as_house: bool, rights: Collection[str]) -> dict[str, Any]:
    """Return with whose rights a rule acts. One's own, unless an admin says otherwise: nobody lends themself rights (W9)."""
    if as_house:
        actor.require_flag("settings")
        if unknown := set(rights) - set(HOUSE_RIGHTS):
            raise Refused(_("There is no right “%(name)s”.") % {"name": min(unknown)})
        return {"owner": owner, "as_house": True, "house_rights": sorted(set(rights))}
    person = owner or actor.user
    if person is None:
        raise Refused(_("A rule has an owner."), fields={"owner": _("Choose an owner.")})
    if person.pk != actor.id:
        actor.require_flag("settings")
    if not person.is_active:
        raise Refused(
            _("%(name)s can no longer log in.") % {"name": person.name}, fields={"owner": _("Choose an owner.")}
        )
    return {"owner": person, "as_house": False, "house_rights": []}


@command("rules.create")
def create_rule(
    *,
    name: str,
    actor: Actor,
    document: Mapping[str, Any] | None = None,
    description: str = "",
    owner: User | None = None,
    as_house: bool = False,
    house_rights: Collection[str] = (),
    house_key: str = "",
) -> Rule:
    """Make a rule as a draft. Raises PermissionDenied without the right to rules, Refused for a bad name or owner."""
    actor.require_flag("rules")
    acting = checked_owner(actor, owner, as_house=as_house, rights=house_rights)
    rule = Rule(
        name=checked_name(name),
        description=description.strip()[:2_000],
        created_by=actor.user,
        house_key=house_key,
        **acting,
    )
    rule.save()
    _draft(rule, document or EMPTY, actor)
    return rule


def _draft(rule: Rule, document: Any, actor: Actor) -> RuleVersion:
    last = RuleVersion.objects.filter(rule=rule).order_by("-number").first()
    if last is not None and last.published_at is None:
        last.document, last.saved_at, last.saved_by = checked_document(document), timezone.now(), actor.user
        last.save(update_fields=["document", "saved_at", "saved_by"])
        return last
    number = last.number + 1 if last is not None else 1
    return RuleVersion.objects.create(
        rule=rule, number=number, document=checked_document(document), saved_by=actor.user
    )


@command("rules.save")
def save_draft(*, rule_id: UUID, document: Mapping[str, Any], actor: Actor, seen: str = "") -> RuleVersion:
    """Keep a document as the rule's draft; the published version goes on working. Drafts may be unfinished.

    `seen` is the stamp of the version that the editor began from: raises Conflict if somebody has saved another since.
    """
    rule = rule_to_edit(rule_id, actor)
    latest = rule.latest
    check_seen(latest, seen, _("Save again to replace it with yours, or open the page anew to see it."))
    if latest is not None and latest.document == checked_document(document):
        return latest
    return _draft(rule, document, actor)


def check_seen(latest: RuleVersion | None, seen: str, advice: str) -> None:
    """Raise Conflict if a page showed another version than the latest; an empty stamp is one that did not look."""
    if not seen or latest is None or latest.stamp == seen:
        return
    who, at = latest.saved_by.name if latest.saved_by else _("Somebody else"), formats.when(latest.saved_at)
    said = _("%(name)s has saved this rule in the meantime (%(at)s).") % {"name": who, "at": at}
    raise Conflict(f"{said} {advice}")


@command("rules.discard")
def discard_draft(*, rule_id: UUID, actor: Actor) -> Rule:
    """Throw the draft away; the published version stays."""
    rule = rule_to_edit(rule_id, actor)
    if rule.current is None:
        raise Refused(_("This rule has never been published; delete it instead."))
    RuleVersion.objects.filter(rule=rule, published_at__isnull=True).delete()
    return rule


@command("rules.rename")
def rename_rule(*, rule_id: UUID, actor: Actor, name: str, description: str | None = None) -> Rule:
    """Change name and description."""
    rule = rule_to_edit(rule_id, actor)
    rule.name = checked_name(name, rule=rule)
    if description is not None:
        rule.description = description.strip()[:2_000]
    rule.save(update_fields=["name", "description"])
    return rule


@command("rules.duplicate")
def duplicate_rule(*, rule_id: UUID, actor: Actor, name: str = "") -> Rule:
    """Copy the latest version of a rule into a draft of the actor's own. Whoever may see rules may copy them."""
    actor.require_flag("rules")
    rule = Rule.objects.visible_to(actor).select_related("current").get(pk=rule_id)
    latest = rule.latest
    document = latest.document if latest is not None else None
    wanted = name or _free_name(_("Copy of %(name)s") % {"name": rule.name})
    return create_rule(name=wanted, description=rule.description, document=document, actor=actor)


def _free_name(base: str) -> str:
    """Return a name that no rule has: the base, or as much of it as leaves room for the next number."""
    name, number = base[:LONGEST_NAME], 1
    while Rule.objects.filter(name__iexact=name).exists():
        number += 1
        end = f" {number}"
        name = base[: LONGEST_NAME - len(end)] + end
    return name


@command("rules.delete")
def delete_rule(*, rule_id: UUID, actor: Actor) -> None:
    """Delete a rule that has never run; one that has is paused instead, since its runs tell what it did."""
    rule = rule_to_edit(rule_id, actor)
    if rule.runs.exists():
        raise Refused(_("This rule has run; pause it instead, so that what it did can still be explained."))
    if rule.state == Rule.State.LIVE:
        raise Refused(_("Pause the rule first."))
    rule.delete()


@command("rules.transfer")
def transfer_rule(
    *,
    rule_id: UUID,
    actor: Actor,
    owner: User | None = None,
    as_house: bool = False,
    house_rights: Collection[str] = (),
) -> Rule:
    """Give a rule to somebody else, who is then the one with whose rights it acts (W9): an admin may give any to anybody,
    and whoever has the right to rules may take one over themself. `as_house` makes it one of the house.
    """
    actor.require_flag("rules")
    rule: Rule = Rule.objects.locked().get(pk=rule_id)
    if rule.as_house:
        actor.require_flag("settings")
    acting = checked_owner(actor, owner, as_house=as_house, rights=house_rights)
    for key, value in acting.items():
        setattr(rule, key, value)
    rule.save(update_fields=["owner", "as_house", "house_rights"])
    return rule
