"""The action that gives the record to somebody (W1): one person, turns, weighted turns, least loaded, by field, sticky."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Company
from contacts.services import assign_owner
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Absence, User
from deals.services import edit_deal
from workflows.calendars import Calendar
from workflows.conditions import RuleContext
from workflows.fields import RuleField, field_named, fields_of
from workflows.models import Assignment
from workflows.options import Option
from workflows.pools import Turn

from .base import Action, Drafted, Performing, Plan, name_of
from .people import colleagues, person_option, team_option
from .people import words as who_words
from .texts import shown

METHODS = (
    ("person", gettext_lazy("To a colleague")),
    ("round_robin", gettext_lazy("In turns")),
    ("weighted", gettext_lazy("In weighted turns")),
    ("least_loaded", gettext_lazy("To whoever has least")),
    ("by_field", gettext_lazy("By a field")),
    ("sticky", gettext_lazy("To the owner of the company, else in turns")),
)
IN_TURNS = ("round_robin", "weighted", "least_loaded", "sticky")


def _fields(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    return [(each.key, each.label) for each in fields_of(kind, actor)] if kind else []


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the pool, as things stood when the record was given."""

    user: User
    weight: int
    load: int
    absent: bool
    full: bool

    @property
    def free(self) -> bool:
        """True if they can be given more."""
        return not self.absent and not self.full

    def plain(self) -> dict[str, Any]:
        """Return what the ledger keeps."""
        return {
            "user": str(self.user.pk),
            "weight": self.weight,
            "load": self.load,
            "absent": self.absent,
            "full": self.full,
        }


class Assign(Action):
    """Give the record to somebody; absent and full people are passed over, and the ledger says why it was given."""

    key = "assign"
    label = gettext_lazy("Assign")
    icon = "user-plus"
    kinds = ("deal", "contact", "company")
    writes = True
    options = (
        Option(key="method", label=gettext_lazy("How"), type="choice", required=True, choices=METHODS, default="round_robin"),
        person_option(when=("method", ("person",)), required=True),
        team_option(when=("method", IN_TURNS)),
        Option(
            key="people", label=gettext_lazy("Or these people"), type="people", choices=colleagues,
            when=("method", IN_TURNS),
        ),
        Option(
            key="weights", label=gettext_lazy("Weights"), type="weights", choices=colleagues, least=0, most=100,
            when=("method", ("weighted",)),
        ),
        Option(
            key="load", label=gettext_lazy("Count"), type="choice", default="deals", when=("method", IN_TURNS),
            choices=(("deals", gettext_lazy("open deals")), ("leads", gettext_lazy("open leads"))),
        ),
        Option(key="capacity", label=gettext_lazy("At most for each"), type="number", least=1, when=("method", IN_TURNS)),
        Option(
            key="capacities", label=gettext_lazy("At most for single people"), type="weights", choices=colleagues,
            when=("method", IN_TURNS),
        ),
        Option(key="field", label=gettext_lazy("Field"), type="field", choices=_fields, when=("method", ("by_field",))),
        Option(
            key="territories", label=gettext_lazy("Colleague for each value"), type="territories", choices=colleagues,
            when=("method", ("by_field",)),
        ),
        Option(key="fallback", label=gettext_lazy("If nobody is free"), type="person", choices=colleagues),
        Option(key="only_unowned", label=gettext_lazy("Only if nobody owns it"), type="yes_no", default=False),
    )  # fmt: skip

    def check(self, drafted: Drafted) -> None:
        """There is somebody to give to."""
        options = drafted.options
        if options["method"] in IN_TURNS and not options.get("team") and not options.get("people"):
            drafted.fail("team", _("Choose a team or people."))
        if options["method"] == "by_field" and not (options.get("field") and options.get("territories")):
            drafted.fail("territories", _("Choose the field, and a colleague for each value."))
        if options["method"] == "weighted" and not any((options.get("weights") or {}).values()):
            drafted.fail("weights", _("Give at least one colleague a weight."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the field of the territories."""
        found = field_named(kind, options["field"], None) if options.get("field") else None
        return {found.key: found} if found is not None else {}

    def plan(self, step: Performing) -> Plan:
        """Return who gets it. The pool is locked from here on."""
        if step.options["only_unowned"] and step.owner is not None:
            return Plan(_("%(name)s owns it already") % {"name": step.owner.name}, skip=True)
        person, why, pool = self._choose(step)
        data = {"user": str(person.pk), "why": why, "pool": [each.plain() for each in pool]}
        return Plan(_("Given to %(name)s: %(why)s") % {"name": person.name, "why": why}, data)

    def _choose(self, step: Performing) -> tuple[User, str, list[Member]]:
        method = step.options["method"]
        if method == "person":
            return self._single(step, step.options["person"], _("named by the rule"))
        if method == "by_field":
            value = step.snapshot.values.get(step.options["field"])
            field = field_named(step.kind, step.options["field"], step.actor)
            words = shown(field, value, step.context) if field else ""
            territories = {each.casefold(): who for each, who in (step.options["territories"] or {}).items()}
            chosen = territories.get(words.casefold()) or territories.get(str(value).casefold())
            if chosen is not None:
                return self._single(step, chosen, _("the rule names them for “%(value)s”") % {"value": words})
            return self._fallback(step, _("nobody is named for “%(value)s”") % {"value": words}, [])
        turn = step.pools.turn(step.rule, step.index)  # first: what is counted below must not change any more
        pool = self._pool(step)
        if method == "sticky" and (keeper := self._keeper(step)) is not None:
            return keeper, _("they own the company"), pool
        free = [each for each in pool if each.free]
        if not free:
            return self._fallback(step, _("nobody of the pool is free"), pool)
        return self._turn(step, turn, free, pool)

    def _single(self, step: Performing, pk: str, why: str) -> tuple[User, str, list[Member]]:
        person = User.objects.select_related("delegate").filter(pk=pk).first()
        if person is None or not person.is_active:
            return self._fallback(step, _("whoever was meant can no longer log in"), [])
        if not absent_people([person], step.context.now) or person.delegate is None or not person.delegate.is_active:
            return person, why, []
        return person.delegate, _("stands in for %(name)s") % {"name": person.name}, []

    def _fallback(self, step: Performing, why: str, pool: list[Member]) -> tuple[User, str, list[Member]]:
        person = (
            User.objects.active().filter(pk=step.options.get("fallback")).first()
            if step.options.get("fallback")
            else None
        )
        if person is None:
            raise Refused(_("It could not be given to anybody: %(why)s.") % {"why": why})
        return person, _("%(why)s, so it goes to the fallback") % {"why": why}, pool

    @staticmethod
    def _keeper(step: Performing) -> User | None:
        """Return the owner of the company, if they are there."""
        company = step.link("company")
        owner = Company.objects.live().filter(pk=company).values_list("owner", flat=True).first() if company else None
        person = User.objects.active().filter(pk=owner).first() if owner else None
        return person if person is not None and not absent_people([person], step.context.now) else None

    def _pool(self, step: Performing) -> list[Member]:
        options = step.options
        rows = User.objects.owners()
        rows = rows.filter(pk__in=options["people"]) if options.get("people") else rows.filter(team=options["team"])
        people = list(rows.order_by("name", "pk"))
        loads = step.pools.loads([each.pk for each in people], options["load"])
        away = absent_people(people, step.context.now)
        weights, capacities = options.get("weights") or {}, options.get("capacities") or {}
        found = []
        for each in people:
            weight = int(weights.get(str(each.pk), 0 if options["method"] == "weighted" else 1))
            limit = capacities.get(str(each.pk)) or options.get("capacity")
            full = (limit is not None and loads[each.pk] >= limit) or weight == 0
            found.append(Member(each, weight, loads[each.pk], each.pk in away, full))
        return found

    @staticmethod
    def _turn(step: Performing, turn: Turn, free: list[Member], pool: list[Member]) -> tuple[User, str, list[Member]]:
        method = step.options["method"]
        if method == "weighted":
            return _weighted(turn, free), _("their weighted turn"), pool
        order = _after(turn.last, free)
        if method == "least_loaded":
            best = min(order, key=lambda each: each.load)
            return best.user, _("they have least (%(load)d)") % {"load": best.load}, pool
        return order[0].user, _("their turn"), pool

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Give it through the service of the record, and note it in the ledger."""
        person = User.objects.get(pk=plan.data["user"])
        if step.kind == "deal":
            edit_deal(deal_id=step.record_id, values={"owner": person}, actor=step.actor)  # type: ignore[arg-type]
        else:
            assign_owner(kind=step.kind, record_ids=[step.record_id], owner=person, actor=step.actor)  # type: ignore[list-item]
        self.note(step, plan)
        return {"user": plan.data["user"]}

    def after(self, step: Performing, plan: Plan) -> Mapping[str, Any]:
        """Return the new owner."""
        return {"owner_id": UUID(plan.data["user"])}

    def note(self, step: Performing, plan: Plan) -> None:
        """Remember the turn. A dry run calls this alone, with pools that write nothing."""
        chosen = plan.data["user"]
        turn = step.pools.turn(step.rule, step.index)
        if step.options["method"] == "weighted":
            turn = Turn(chosen, _owed(turn, plan.data["pool"], chosen))
        elif step.options["method"] in IN_TURNS:
            turn = Turn(chosen, {})
        assert step.record_id is not None
        ledger = Assignment(
            rule=step.rule, run_id=step.run_id, record_kind=step.kind, record_id=step.record_id, user_id=UUID(chosen),
            method=step.options["method"], words=plan.data["why"][:300], pool=plan.data["pool"], at=step.context.now,
        )  # fmt: skip
        step.pools.keep(step.rule, step.index, turn, ledger)

    def touches(self, options: Mapping[str, Any]) -> str:
        """The owner."""
        return "owner"

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A change of the owner."""
        return (f"{kind}.changed",)

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        pool = (
            who_words(options, "team")
            if options.get("team")
            else ", ".join(name_of(each) for each in options.get("people") or ()) or "…"
        )
        method = options["method"]
        if method == "person":
            return _("assign it to %(name)s") % {"name": name_of(options.get("person"))}
        if method == "by_field":
            return _("assign it by %(field)s") % {
                "field": dict(_fields(kind, context.actor)).get(str(options.get("field")), "")
            }
        how = {
            "round_robin": _("assign it in turns within %(pool)s"),
            "weighted": _("assign it in weighted turns within %(pool)s"),
            "least_loaded": _("assign it to whoever has least in %(pool)s"),
            "sticky": _("assign it to the owner of the company, else in turns within %(pool)s"),
        }[method]
        return how % {"pool": pool}


def absent_people(people: Sequence[User], now: dt.datetime) -> set[UUID]:
    """Return who of these is away today, where they are (U1)."""
    if not people:
        return set()
    calendar = Calendar.of(each.pk for each in people)
    rows = Absence.objects.filter(user__in=[each.pk for each in people])
    found = set()
    for pk, start, end in rows.values_list("user_id", "starts_on", "ends_on"):
        if start <= now.astimezone(calendar.zone(pk)).date() <= end:
            found.add(pk)
    return found


def _after(last: str, free: list[Member]) -> list[Member]:
    """Return the free people beginning behind whoever had the last turn, by name and id."""
    ordered = sorted(free, key=lambda each: (each.user.name, str(each.user.pk)))
    had = User.objects.filter(pk=last).values_list("name", flat=True).first() if last else None
    if had is None:
        return ordered
    key = (had, last)
    behind = [each for each in ordered if (each.user.name, str(each.user.pk)) > key]
    return [*behind, *(each for each in ordered if each not in behind)]


def _weighted(turn: Turn, free: list[Member]) -> User:
    """Return whose weighted turn it is: everybody earns their weight, whoever is owed most is next."""
    owed = {str(each.user.pk): turn.credits.get(str(each.user.pk), 0) + each.weight for each in free}
    return max(free, key=lambda each: (owed[str(each.user.pk)], each.weight, each.user.name)).user


def _owed(turn: Turn, pool: list[dict[str, Any]], chosen: str) -> dict[str, int]:
    """Return the credits afterwards: the chosen one pays what all free ones earned."""
    free = [each for each in pool if not each["absent"] and not each["full"]]
    owed = {each["user"]: turn.credits.get(each["user"], 0) + each["weight"] for each in free}
    if chosen in owed:
        owed[chosen] -= sum(each["weight"] for each in free)
    return {**turn.credits, **owed}
