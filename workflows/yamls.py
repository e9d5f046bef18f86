"""Rules as text: to keep them in a repository, to review them, to bring them from one workspace to another.

One YAML document holds one or more rules: `rules: [{name, description, trigger, conditions, steps, ...}]`. People stand by
e-mail address, stages, pipelines and teams by name where it is the only one. Reading is strict and bounded, since files come
from everywhere: no tags, no anchors, no double keys, a limit of size and depth; what is wrong is told with its line.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Team, User
from deals.models import Pipeline, Stage

from .actions import action_named
from .actors import actor_for
from .comparing import Difference, differences, same
from .documents import KEYS, read_document
from .models import Rule, RuleVersion
from .names import with_ids, with_names
from .options import Option
from .problems import Problem
from .services import create_rule, save_draft
from .triggers import trigger_named

LARGEST, DEEPEST, MOST_RULES = 500_000, 20, 200
OWN = {"name", "description"}


class BadText(Refused):
    """A text that cannot be read; the message says the line and the reason."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        place = _("Line %(line)d: ") % {"line": line} if line is not None else ""
        super().__init__(f"{place}{reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class TextRule:
    """One rule of a text, with the line at which it begins."""

    name: str
    description: str
    document: dict[str, Any]
    line: int


class _Strict(yaml.SafeLoader):
    """Plain data alone: what YAML can do besides (anchors, tags, merging) is refused."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases and nesting without end before anything is built of them."""
        if self.check_event(yaml.AliasEvent):
            raise BadText(_("Anchors and aliases are not allowed."), self.peek_event().start_mark.line + 1)
        event = self.peek_event()
        if getattr(event, "anchor", None):
            raise BadText(_("Anchors and aliases are not allowed."), event.start_mark.line + 1)
        if getattr(event, "tag", None):
            raise BadText(
                _("Tags such as “%(tag)s” are not allowed.") % {"tag": event.tag[:40]}, event.start_mark.line + 1
            )
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadText(_("This is nested too deeply."), event.start_mark.line + 1)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Say at which line a value stands that looks like a day or a number and is none."""
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            raise BadText(str(error)[:200], node.start_mark.line + 1) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse a key that stands twice: the second one would win silently."""
        seen = set()
        for key, _value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise BadText(_("A key must be a word."), line)
            if key.value in seen:
                raise BadText(_("“%(key)s” stands here twice.") % {"key": key.value[:40]}, line)
            seen.add(key.value)
        return {**super().construct_mapping(node, deep=True)}


def parse(text: str) -> list[TextRule]:
    """Return the rules of a text; raises BadText with line and reason."""
    if len(text) > LARGEST:
        raise BadText(_("The text is too long."))
    loader = None
    try:
        loader = _Strict(text)
        node: Any = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BadText(str(error.problem or error)[:200], mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadText(_("There is a character that cannot be in such a text."), line) from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise BadText(_("This is no valid YAML: %(error)s") % {"error": str(error)[:200]}) from error
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(data, dict) or set(data) != {"rules"} or not isinstance(data["rules"], list):
        raise BadText(_("A text of rules has a list “rules”."), 1)
    if not data["rules"]:
        raise BadText(_("There are no rules in this text."), 1)
    if len(data["rules"]) > MOST_RULES:
        raise BadText(_("These are too many rules."))
    lines = [each.start_mark.line + 1 for key, value in node.value if key.value == "rules" for each in value.value]
    return [_rule(each, line) for each, line in zip(data["rules"], lines, strict=True)]


def _rule(data: Any, line: int) -> TextRule:
    if not isinstance(data, dict) or not str(data.get("name") or "").strip():
        raise BadText(_("A rule has a name."), line)
    if unknown := set(data) - KEYS - OWN:
        raise BadText(_("A rule has no “%(name)s”.") % {"name": str(min(map(str, unknown)))[:40]}, line)
    try:
        json.dumps(data, default=str, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise BadText(_("This rule holds a number or a character that cannot be stored."), line) from error
    document = {key: value for key, value in data.items() if key in KEYS}
    return TextRule(str(data["name"]).strip(), str(data.get("description") or "").strip(), document, line)


@dataclass(frozen=True, slots=True)
class Coming:
    """What importing one rule of a text would mean: `rule` is the one of its name, None if it would be made.

    `refused` says why it cannot be imported; `problems` are what keeps it from being published; `same` that it changes
    nothing, `differences` what it would.
    """

    text: TextRule
    rule: Rule | None
    problems: list[Problem]
    differences: list[Difference]
    refused: str = ""
    same: bool = False


def coming(text: str, actor: Actor) -> list[Coming]:
    """Return what importing a text would mean, rule by rule; writes nothing. Raises BadText."""
    read = parse(text)
    names = [each.name.casefold() for each in read]
    known = {
        rule.name.casefold(): rule for rule in Rule.objects.visible_to(actor).select_related("current", "owner__role")
    }
    found = []
    for given in read:
        rule = known.get(given.name.casefold())
        owner = actor_for(rule, rule.owner) if rule is not None else actor
        latest = rule.latest if rule is not None else None
        before = latest.document if latest is not None else {}
        each = dataclasses.replace(given, document=with_ids(given.document, owner))
        refused = ""
        if names.count(each.name.casefold()) > 1:
            refused = _("There are two rules of this name in the text.")
        elif rule is not None and not rule.allows(actor, "edit"):
            refused = _("There is a rule of this name that you may not change.")
        found.append(
            Coming(
                each,
                rule,
                read_document(each.document, owner).problems.found,
                differences(before, each.document, owner) if rule is not None else [],
                refused,
                rule is not None and same(before, each.document, owner),
            )
        )
    return found


def check(text: str, actor: Actor) -> list[tuple[TextRule, list[Problem]]]:
    """Return the rules of a text with what is wrong with each, as the actor would own it."""
    return [(each, read_document(with_ids(each.document, actor), actor).problems.found) for each in parse(text)]


@command("rules.import")
def import_rules(*, text: str, actor: Actor) -> list[Rule]:
    """Make the rules of a text, or set the drafts of those that have the name already; publishing stays a step of its own.

    All of them or none. Raises BadText, PermissionDenied for somebody else's rule, and what making and saving drafts raises.
    """
    actor.require_flag("rules")
    listed = coming(text, actor)
    for each in listed:
        if each.rule is not None and not each.rule.allows(actor, "edit"):
            raise PermissionDenied(each.refused)
        if each.refused:
            raise BadText(each.refused, each.text.line)
    return [_take_in(each.text, each.rule, actor) for each in listed]


def _take_in(each: TextRule, rule: Rule | None, actor: Actor) -> Rule:
    if rule is None:
        return create_rule(name=each.name, description=each.description, document=each.document, actor=actor)
    save_draft(rule_id=rule.pk, document=each.document, actor=actor)
    return rule


def export_rules(rules: list[Rule]) -> str:
    """Return rules as text, the latest version of each."""
    listed = [_plain(rule, rule.latest) for rule in rules]
    return yaml.safe_dump({"rules": listed}, sort_keys=False, allow_unicode=True, width=110)


def _plain(rule: Rule, version: RuleVersion | None) -> dict[str, Any]:
    document = version.document if version is not None else {}
    found: dict[str, Any] = {"name": rule.name}
    if rule.description:
        found["description"] = rule.description
    actor = actor_for(rule, rule.owner)
    document = with_names(document, actor)
    read = read_document(version.document if version is not None else {}, actor)
    for key in ("trigger", "conditions", "steps", "reentry", "listens_to", "rate_per_hour"):
        if document.get(key):
            found[key] = document[key]
    if isinstance(found.get("trigger"), Mapping) and read.trigger is not None:
        trigger = trigger_named(str(document["trigger"].get("kind")))
        found["trigger"] = _named(document["trigger"], trigger.options if trigger else (), read.kind, actor)
    if isinstance(found.get("steps"), list):
        found["steps"] = [_step(each, read.kind, actor) for each in found["steps"]]
    return found


def _step(data: Any, kind: str, actor: Actor) -> Any:
    action = action_named(str(data.get("action"))) if isinstance(data, Mapping) else None
    return _named(data, action.options, kind, actor) if action is not None else data


def _named(data: Mapping[str, Any], options: Any, kind: str, actor: Actor) -> dict[str, Any]:
    """Return a trigger or step with names in place of ids, where a name says the same."""
    given = data.get("options")
    if not isinstance(given, Mapping):
        return dict(data)
    known: dict[str, Option] = {each.key: each for each in options}
    named = {key: _name(known[key], value, kind, actor) if key in known else value for key, value in given.items()}
    return {**data, "options": named}


def _name(option: Option, value: Any, record: str, actor: Actor) -> Any:
    """Return an option's value by name."""
    kind = option.type
    if kind == "named":
        labels = {str(key): str(label) for key, label in option.offered(record, actor)}
        name = labels.get(str(value), value)
        return name if list(labels.values()).count(name) == 1 else value
    one = NAMES.get(kind)
    if one is None or value in (None, "", [], {}):
        return value
    if isinstance(value, list):
        return [one(each) for each in value]
    if isinstance(value, Mapping):
        return {k: one(v) for k, v in value.items()} if kind == "territories" else {one(k): v for k, v in value.items()}
    return one(value)


def _email(value: Any) -> Any:
    try:
        return User.objects.filter(pk=value).values_list("email", flat=True).first() or value
    except (ValueError, TypeError):
        return value


def _unique(model: Any) -> Callable[[Any], Any]:
    def name(value: Any) -> Any:
        try:
            found = model.objects.filter(pk=value).first()
        except (ValueError, TypeError):
            return value
        if found is None:
            return value
        return found.name if model.objects.filter(name__iexact=found.name).count() == 1 else str(found.pk)

    return name


def _guarded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Leave what is no id as it is: a document may hold names already."""

    def name(value: Any) -> Any:
        try:
            return function(value)
        except ValidationError:
            return value

    return name


_person, _stage = _guarded(_email), _guarded(_unique(Stage))
NAMES: dict[str, Callable[[Any], Any]] = {
    "person": _person, "people": _person, "weights": _person, "territories": _person,
    "stage": _stage, "stages": _stage, "pipeline": _guarded(_unique(Pipeline)), "team": _guarded(_unique(Team)),
}  # fmt: skip
