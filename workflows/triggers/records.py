"""Triggers on what happens to records."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import LeadStatus, Lifecycle
from crm.kernel.core.changes import Actor
from crm.kernel.core.remember import remembered
from deals.models import Pipeline, Stage
from deals.offers import pipeline_choices, stage_choices
from workflows.options import Option

from .base import Happened, Options, Trigger, nowhere

_DEAL, _PERSON, _COMPANY = gettext_lazy("Deals"), gettext_lazy("Contacts and leads"), gettext_lazy("Companies")

# What a record's "changed" event calls its fields, apart from the names of the columns: children and links.
WATCHED: dict[str, tuple[tuple[str, Any], ...]] = {
    "deal": (("contacts", gettext_lazy("People")),),
    "contact": (("emails", gettext_lazy("E-mail addresses")), ("phones", gettext_lazy("Phone numbers"))),
    "company": (
        ("domains", gettext_lazy("Domains")), ("emails", gettext_lazy("Shared addresses")),
        ("phones", gettext_lazy("Phone numbers")),
    ),
}  # fmt: skip
# Columns that conditions show and that events name: those that services compute change without an event.
UNHEARD = {
    "created_at", "updated_at", "import_source", "external_id", "primary_email", "primary_phone", "last_touch_at",
    "last_worked_at", "next_step_at", "last_activity_at", "stage_entered_at", "stage_id", "pipeline_id",
}  # fmt: skip


def watchable(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    """Return the fields whose change an event tells: (name, label)."""
    from workflows.fields import fields_of

    found: dict[str, Any] = {}
    for each in fields_of(kind, actor):
        if each.own and each.path not in UNHEARD and "__" not in each.path:
            found[name_of(each.path, each.custom)] = each.label
    return [*found.items(), *WATCHED.get(kind, ())]


def name_of(path: str, custom: str = "") -> str:
    """Return what events call a field."""
    return f"cf_{custom}" if custom else path.removesuffix("_id")


def _changed(event: Happened, options: Options) -> bool:
    wanted = options.get("fields")
    if event.name == "record.owner_changed":
        return False  # the same edit publishes the change of the field too
    return not wanted or bool({name_of(each) for each in event.data.get("fields", ())} & set(wanted))


def _moved(event: Happened, options: Options) -> bool:
    """Say whether a move is between the stages that a rule names."""
    data = event.data
    if options.get("to_stage") and data.get("to_stage_id") not in options["to_stage"]:
        return False
    if options.get("from_stage") and data.get("from_stage_id") not in options["from_stage"]:
        return False
    return in_pipeline(options, data.get("to_stage_id"))


def in_pipeline(options: Options, stage_id: Any) -> bool:
    """Say whether a stage is of the pipeline that a rule names."""
    wanted = options.get("pipeline")
    return not wanted or Stage.objects.filter(pk=stage_id, pipeline=wanted).exists()


def _status(event: Happened, options: Options) -> bool:
    return not options.get("to_status") or event.data.get("to_status") in options["to_status"]


def _in_stage(options: Options) -> Q | None:
    """Return the deals that stand in the stages to which a rule asks that they move; none if it names no such stage."""
    if not options.get("to_stage"):
        return None
    stages = Q(stage__in=options["to_stage"])
    return stages & Q(pipeline=options["pipeline"]) if options.get("pipeline") else stages


def _of_kind(kind: str) -> Any:
    return lambda options: Q(stage__kind_of=kind)


def _in_status(options: Options) -> Q | None:
    wanted = options.get("to_status")
    return Q(lifecycle=Lifecycle.LEAD, lead_status__in=wanted) if wanted else None


@remembered
def _names() -> dict[str, str]:
    """The names of stages, in their order, and of pipelines, by id: a list of rules asks for many."""
    stages = Stage.objects.order_by("pipeline_id", "position").values_list("pk", "name")
    return {str(pk): name for pk, name in [*stages, *Pipeline.objects.values_list("pk", "name")]}


def _stage_names(ids: Any) -> str:
    """Return the names of stages; one that the document names by its name, or that is gone, stands as it is."""
    known = _names()
    order = {pk: number for number, pk in enumerate(known)}
    wanted = sorted((str(each) for each in ids or ()), key=lambda pk: order.get(pk, len(order)))
    return ", ".join(known.get(pk, pk) for pk in wanted)


def _move_words(options: Options) -> str:
    names = {"from": _stage_names(options.get("from_stage")), "to": _stage_names(options.get("to_stage"))}
    if names["from"] and names["to"]:
        return _("a deal moves from %(from)s to %(to)s") % names
    if names["to"]:
        return _("a deal moves to %(to)s") % names
    if names["from"]:
        return _("a deal leaves %(from)s") % names
    if options.get("pipeline"):
        return _("a deal moves in %(name)s") % {"name": _names().get(str(options["pipeline"]), options["pipeline"])}
    return _("a deal moves to another stage")


def _change_words(kind: str, words: Any) -> Any:
    def describe(options: Options) -> str:
        labels = dict(watchable(kind, None))
        names = ", ".join(str(labels.get(each, each)) for each in options.get("fields") or ())
        return f"{words} ({names})" if names else str(words)

    return describe


def _fields(kind: str) -> Option:
    return Option(
        key="fields", label=gettext_lazy("Only when one of these changes"), type="fields",
        choices=lambda _kind, actor: watchable(kind, actor),
    )  # fmt: skip


def _stages(kind: str, actor: Actor | None) -> Any:
    return stage_choices()


def _pipelines(kind: str, actor: Actor | None) -> Any:
    return pipeline_choices()


def manual_kinds(kind: str, actor: Actor | None) -> Any:
    """Return the kinds of records for which a person can start a rule."""
    return (("deal", _("Deal")), ("contact", _("Contact")), ("company", _("Company")))


PIPELINE = Option(key="pipeline", label=gettext_lazy("Pipeline"), type="pipeline", choices=_pipelines)
RECORD_KIND = Option(
    key="record",
    label=gettext_lazy("Kind of record"),
    type="choice",
    required=True,
    default="deal",
    choices=manual_kinds,
)


class Manual(Trigger):
    """Started by a person from a record."""

    __slots__ = ()

    def kind_for(self, options: Options) -> str:
        """Return the chosen kind."""
        return str(options.get("record") or "deal")


RECORD_TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        key="deal.created", label=gettext_lazy("a deal is created"), kind="deal", events=("deal.created",), group=_DEAL
    ),
    Trigger(
        key="deal.stage_changed", label=gettext_lazy("a deal moves to another stage"), kind="deal",
        events=("deal.stage_changed",), fits=_moved, words=_move_words, group=_DEAL, misfit_leaves=True,
        standing=_in_stage,
        options=(
            PIPELINE,
            Option(key="to_stage", label=gettext_lazy("To stage"), type="stages", choices=_stages),
            Option(key="from_stage", label=gettext_lazy("From stage"), type="stages", choices=_stages),
        ),
    ),
    Trigger(
        key="deal.won", label=gettext_lazy("a deal is won"), kind="deal", events=("deal.won",), group=_DEAL,
        leaving=("deal.lost", "deal.reopened"), standing=_of_kind(Stage.Kind.WON),
    ),
    Trigger(
        key="deal.lost", label=gettext_lazy("a deal is lost"), kind="deal", events=("deal.lost",), group=_DEAL,
        leaving=("deal.won", "deal.reopened"), standing=_of_kind(Stage.Kind.LOST),
    ),
    Trigger(
        key="deal.reopened", label=gettext_lazy("a closed deal is opened again"), kind="deal", group=_DEAL,
        events=("deal.reopened",), leaving=("deal.won", "deal.lost"), standing=nowhere,
    ),
    Trigger(
        key="deal.changed", label=gettext_lazy("a deal is edited"), kind="deal", events=("deal.changed",), group=_DEAL,
        options=(_fields("deal"),), fits=_changed, words=_change_words("deal", gettext_lazy("a deal is edited")),
    ),
    Trigger(
        key="lead.created", label=gettext_lazy("a lead comes in"), kind="contact", events=("contact.created",),
        group=_PERSON, implied=({"field": "lifecycle", "operator": "is", "value": ["lead"]},),
    ),
    Trigger(
        key="lead.returned", label=gettext_lazy("a known lead comes back"), kind="contact", events=("lead.returned",),
        occurrence=True, group=_PERSON, standing=nowhere,
    ),
    Trigger(
        key="lead.status_changed", label=gettext_lazy("the status of a lead changes"), kind="contact",
        events=("lead.status_changed",), fits=_status, group=_PERSON, misfit_leaves=True,
        standing=_in_status,
        options=(
            Option(
                key="to_status", label=gettext_lazy("To status"), type="choices", choices=tuple(LeadStatus.choices)
            ),
        ),
    ),
    Trigger(
        key="contact.created", label=gettext_lazy("a contact is created"), kind="contact", events=("contact.created",),
        group=_PERSON,
    ),
    Trigger(
        key="contact.changed", label=gettext_lazy("a contact is edited"), kind="contact", events=("contact.changed",),
        options=(_fields("contact"),), fits=_changed, group=_PERSON,
        words=_change_words("contact", gettext_lazy("a contact is edited")),
    ),
    Trigger(
        key="company.created", label=gettext_lazy("a company is created"), kind="company", events=("company.created",),
        group=_COMPANY,
    ),
    Trigger(
        key="company.changed", label=gettext_lazy("a company is edited"), kind="company", events=("company.changed",),
        options=(_fields("company"),), fits=_changed, group=_COMPANY,
        words=_change_words("company", gettext_lazy("a company is edited")),
    ),
    Manual(
        key="manual", label=gettext_lazy("somebody starts it"), kind="deal", options=(RECORD_KIND,), occurrence=True,
        group=gettext_lazy("By hand and by the clock"), standing=nowhere,
    ),
)  # fmt: skip

__all__ = ["RECORD_TRIGGERS", "in_pipeline", "manual_kinds", "name_of", "watchable"]
