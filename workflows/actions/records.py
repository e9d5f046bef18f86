"""Actions that change the record itself: a field, tags, the stage; and the one that makes a deal."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Company, Contact, Lifecycle
from contacts.services import edit_company, edit_contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.fields import PREFIX, field_of
from crm.kernel.customfields.types import type_of
from crm.kernel.users.models import User
from deals.models import Deal, LostReason, Stage
from deals.offers import reason_choices, stage_choices
from deals.services import create_deal, edit_deal, move_deal
from workflows.conditions import RuleContext
from workflows.fields import MODELS, RuleField, field_named, fields_of
from workflows.options import Option

from .base import Action, Drafted, Performing, Plan
from .people import OWNER, PERSON, RULE_OWNER, WHO, meant, person_option
from .texts import check_text, fields_in, filled

RECORDS = ("deal", "contact", "company")
# What a rule may set, by the column's name. Stage and owner have actions of their own.
SETTABLE: dict[str, tuple[str, ...]] = {
    "deal": ("title", "amount", "currency", "expected_close", "source", "description", "forecast_category", "probability"),
    "contact": (
        "job_title", "lifecycle", "lead_status", "lead_score", "source", "language", "description", "city", "region",
        "country", "street", "postal_code", "do_not_email", "do_not_call",
    ),
    "company": (
        "industry", "size_band", "website", "description", "city", "region", "country", "street", "postal_code",
    ),
}  # fmt: skip


def settable(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    """Return the fields that a rule may set: (name, label); custom ones go by `cf_<key>`."""
    model = MODELS.get(kind)
    if model is None or kind not in SETTABLE:
        return []
    found = [(name, capfirst(model._meta.get_field(name).verbose_name)) for name in SETTABLE[kind]]
    return found + [(each.key, each.label) for each in fields_of(kind, actor) if each.own and each.custom]


def edit(kind: str, record_id: UUID, values: Mapping[str, Any], actor: Actor) -> None:
    """Change fields of a record through its own service."""
    if kind == "deal":
        edit_deal(deal_id=record_id, values=values, actor=actor)
    elif kind == "contact":
        edit_contact(contact_id=record_id, values=values, actor=actor)
    else:
        edit_company(company_id=record_id, values=values, actor=actor)


class UpdateField(Action):
    """Set one field of the record, built-in or custom."""

    key = "update_field"
    label = gettext_lazy("Set a field")
    icon = "pencil"
    kinds = RECORDS
    writes = True
    options = (
        Option(key="field", label=gettext_lazy("Field"), type="field", required=True, choices=settable),
        Option(key="value", label=gettext_lazy("Value"), type="value", help=gettext_lazy("Empty clears the field.")),
    )

    def check(self, drafted: Drafted) -> None:
        """The value is one of the field's."""
        try:
            value_for(drafted.kind, drafted.options["field"], drafted.options["value"], drafted.context)
        except ValidationError as error:
            drafted.fail("value", " ".join(error.messages))

    def plan(self, step: Performing) -> Plan:
        """Return the field and its new value."""
        name = step.options["field"]
        try:
            value = value_for(step.kind, name, step.options["value"], step.context)
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error
        label = label_of(step.kind, name, step.actor)
        stored = step.row["custom"].get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else step.row.get(name)
        if stored == value or (stored in (None, "") and value in (None, "")):
            return Plan(_("%(field)s is %(value)s already") % {"field": label, "value": _shown(value)}, skip=True)
        return Plan(_("%(field)s set to %(value)s") % {"field": label, "value": _shown(value)}, {"field": name})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Set it through the service of the record."""
        name = step.options["field"]
        value = value_for(step.kind, name, step.options["value"], step.context)
        edit(step.kind, step.record_id, {name: value}, step.actor)  # type: ignore[arg-type]
        return {"field": name}

    def after(self, step: Performing, plan: Plan) -> Mapping[str, Any]:
        """Return the new value."""
        name = step.options["field"]
        value = value_for(step.kind, name, step.options["value"], step.context)
        if name.startswith(PREFIX):
            return {"custom": {**step.row["custom"], name.removeprefix(PREFIX): value}}
        return {name: value}

    def touches(self, options: Mapping[str, Any]) -> str:
        """The field that it sets."""
        return str(options.get("field") or "")

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A change of the record."""
        return (f"{kind}.changed", *(("lead.status_changed",) if options.get("field") == "lead_status" else ()))

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        name = options.get("field") or ""
        return _("set %(field)s to %(value)s") % {
            "field": label_of(kind, name, context.actor), "value": _shown(options.get("value")),
        }  # fmt: skip


def label_of(kind: str, name: str, actor: Actor | None) -> str:
    """Return what a field that can be set is called."""
    if name in SETTABLE.get(kind, ()):
        return str(capfirst(MODELS[kind]._meta.get_field(name).verbose_name))
    found = field_named(kind, name, actor) if kind in SETTABLE and name.startswith(PREFIX) else None
    return str(found.label) if found is not None else name


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return _("nothing")
    if isinstance(value, dict):
        return f"{value.get('amount')} {value.get('currency')}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def value_for(kind: str, name: str, raw: Any, context: RuleContext) -> Any:
    """Return a value as the field holds it; `+30` of a date means so many days from today. Raises ValidationError."""
    if name.startswith(PREFIX):
        field = field_of(kind, name, context.actor)
        if field is None:
            raise ValidationError(_("There is no such field."))
        return type_of(field).clean(_day(raw, context) if field.type == "date" else raw)
    column = MODELS[kind]._meta.get_field(name)
    if column.get_internal_type() == "DateField":
        raw = _day(raw, context)
    if raw in (None, ""):
        return column.get_default() if not column.null else None
    value = column.to_python(raw)
    column.run_validators(value)
    if column.choices and value not in dict(column.flatchoices):
        raise ValidationError(_("“%(value)s” is none of the choices.") % {"value": raw})
    if name == "lifecycle" and value not in (Lifecycle.LEAD, Lifecycle.OTHER, Lifecycle.CHURNED):
        raise ValidationError(_("This stage follows from deals."))
    return value


def _day(raw: Any, context: RuleContext) -> Any:
    text = str(raw or "").strip()
    if text.startswith(("+", "-")) and text[1:].isdigit() and len(text) < 6:
        return (context.today + dt.timedelta(days=int(text))).isoformat()
    return raw


class AddTag(Action):
    """Put tags on the record."""

    key = "add_tag"
    label = gettext_lazy("Add tags")
    icon = "tag"
    kinds = RECORDS
    writes = True
    options = (Option(key="tags", label=gettext_lazy("Tags"), type="words", required=True, most=50),)

    def wanted(self, have: list[str], tags: list[str]) -> list[str]:
        """Return the tags afterwards."""
        return [*have, *(each for each in tags if each not in have)]

    def plan(self, step: Performing) -> Plan:
        """Return the tags."""
        have = list(step.row["tags"])
        if self.wanted(have, step.options["tags"]) == have:
            return Plan(_("Nothing to change about the tags"), skip=True)
        return Plan(capfirst(self.words(step.options, step.kind, step.context)), {"tags": step.options["tags"]})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Set them on the locked record, so that two runs do not lose each other's."""
        model = MODELS[step.kind]
        have = list(model.objects.select_for_update(of=("self",)).values_list("tags", flat=True).get(pk=step.record_id))
        edit(step.kind, step.record_id, {"tags": self.wanted(have, step.options["tags"])}, step.actor)  # type: ignore[arg-type]
        return {}

    def after(self, step: Performing, plan: Plan) -> Mapping[str, Any]:
        """Return the tags afterwards."""
        return {"tags": self.wanted(list(step.row["tags"]), step.options["tags"])}

    def touches(self, options: Mapping[str, Any]) -> str:
        """Tags."""
        return "tags"

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A change of the record."""
        return (f"{kind}.changed",)

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        return _("add the tag %(tags)s") % {"tags": ", ".join(options.get("tags") or ())}


class RemoveTag(AddTag):
    """Take tags off the record."""

    key = "remove_tag"
    label = gettext_lazy("Remove tags")

    def wanted(self, have: list[str], tags: list[str]) -> list[str]:
        """Return the tags afterwards."""
        return [each for each in have if each not in tags]

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        return _("remove the tag %(tags)s") % {"tags": ", ".join(options.get("tags") or ())}


def _stages(kind: str, actor: Actor | None) -> Any:
    return stage_choices()


def _reasons(kind: str, actor: Actor | None) -> Any:
    return reason_choices()


class MoveStage(Action):
    """Move the deal, gates included (P3)."""

    key = "move_stage"
    label = gettext_lazy("Move to a stage")
    icon = "square-kanban"
    kinds = ("deal",)
    writes = True
    options = (
        Option(key="stage", label=gettext_lazy("Stage"), type="stage", required=True, choices=_stages),
        Option(key="lost_reason", label=gettext_lazy("Lost reason"), type="named", choices=_reasons),
    )

    def check(self, drafted: Drafted) -> None:
        """A loss needs a reason."""
        stage = Stage.objects.get(pk=drafted.options["stage"])
        if stage.is_lost and not drafted.options.get("lost_reason"):
            drafted.fail("lost_reason", _("Say why the deal was lost."))

    def plan(self, step: Performing) -> Plan:
        """Return the move."""
        stage = Stage.objects.select_related("pipeline").get(pk=step.options["stage"])
        if str(step.row["stage_id"]) == str(stage.pk):
            return Plan(_("It is in %(stage)s already") % {"stage": stage.name}, skip=True)
        if step.row["pipeline_id"] != stage.pipeline_id:
            return Plan(_("%(stage)s is in another pipeline") % {"stage": stage.name}, skip=True)
        return Plan(_("Moved to %(stage)s") % {"stage": stage.name}, {"stage": str(stage.pk)})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any] | None:
        """Move it through the one service; a person may have been faster since it was planned."""
        stage = Stage.objects.get(pk=plan.data["stage"])
        if Deal.objects.select_for_update().filter(pk=step.record_id, stage=stage).exists():
            return None
        reason = step.options.get("lost_reason")
        move_deal(
            deal_id=step.record_id,  # type: ignore[arg-type]
            to_stage=stage,
            actor=step.actor,
            lost_reason=LostReason.objects.filter(pk=reason).first() if reason else None,
        )
        return {}

    def after(self, step: Performing, plan: Plan) -> Mapping[str, Any]:
        """Return the new stage."""
        return {"stage_id": UUID(plan.data["stage"])}

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A move, and what comes with it."""
        return ("deal.stage_changed", "deal.won", "deal.lost", "deal.reopened")

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        name = Stage.objects.filter(pk=options["stage"]).values_list("name", flat=True).first() or ""
        return _("move the deal to %(stage)s") % {"stage": name}


class CreateDeal(Action):
    """Make a deal for the record's company and person."""

    key = "create_deal"
    label = gettext_lazy("Create a deal")
    icon = "square-plus"
    kinds = RECORDS
    options = (
        Option(key="title", label=gettext_lazy("Title"), type="merge_text", required=True, most=200),
        Option(key="stage", label=gettext_lazy("Stage"), type="stage", choices=_stages),
        Option(key="amount", label=gettext_lazy("Amount"), type="number", most=1_000_000_000),
        Option(key="close_days", label=gettext_lazy("Expected close in days"), type="number", most=3650),
        Option(
            key="who", label=gettext_lazy("Owner"), type="choice", default=OWNER,
            choices=tuple(each for each in WHO if each[0] in (OWNER, PERSON, RULE_OWNER)),
        ),
        person_option(required=True),
    )  # fmt: skip

    def check(self, drafted: Drafted) -> None:
        """A new deal starts open."""
        check_text(drafted, "title")
        stage = Stage.objects.filter(pk=drafted.options["stage"]).first()
        if stage is not None and not stage.is_open:
            drafted.fail("stage", _("A new deal starts open."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the fields of the title."""
        return fields_in([options.get("title") or ""], kind)

    def plan(self, step: Performing) -> Plan:
        """Return the deal."""
        people = meant(step, step.options["who"])
        if not people:
            raise Refused(_("The new deal would have no owner."))
        title = filled(step.options["title"], step.snapshot, step.context, step.kind)[:200] or _("New deal")
        words = _("Deal “%(title)s” for %(name)s") % {"title": title, "name": people[0].name}
        data = {"title": title, "owner_id": str(people[0].pk)}
        return Plan(words, data, kept=_("Deal for %(name)s") % {"name": people[0].name})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Make it through the service of deals."""
        company, contact = step.link("company"), step.link("contact")
        days = step.options.get("close_days")
        deal = create_deal(
            actor=step.actor,
            title=plan.data["title"],
            owner=User.objects.get(pk=plan.data["owner_id"]),
            stage=Stage.objects.filter(pk=step.options["stage"]).first(),
            amount=step.options.get("amount"),
            company=Company.objects.live().filter(pk=company).first() if company else None,
            contacts=[(contact, "")] if contact and Contact.objects.live().filter(pk=contact).exists() else (),
            expected_close=step.context.today + dt.timedelta(days=days) if days is not None else None,
        )
        return {"deal": str(deal.pk)}

    def needs(self, kind: str) -> str:
        """Creating follows edit (U2)."""
        return "deal"

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """A new deal."""
        return ("deal.created",)

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        return _("create the deal “%(title)s”") % {"title": options.get("title") or ""}
