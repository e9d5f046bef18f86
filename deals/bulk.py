"""What can be done to many deals: owner, stage, tags, fields, the bin. Each action calls the service of one deal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.widgets import DateInput
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.customfields.forms import form_fields
from crm.kernel.customfields.values import split
from crm.kernel.listing.bulk.actions import (
    AssignAction,
    DeleteAction,
    EditAction,
    EditForm,
    OwnerForm,
    RestoreAction,
    TagAction,
    UntagAction,
)
from crm.kernel.listing.bulk.engine import words_of
from crm.kernel.listing.bulk.registry import Applied, BulkAction, BulkForm, register

from .form_fields import stage_groups
from .forms import DealForm
from .models import Deal, LostReason, Stage
from .services import bin_deals, edit_deals, move_deals, restore_deals
from .services.checks import cleaned

FIELDS = (
    "company", "amount", "currency", "expected_close", "source", "forecast_category", "probability", "description",
)  # fmt: skip
# What a stage demands and one value can fill for many deals; people are put in deal by deal.
COLUMN = {"company": "company_id"}
FILLABLE = ("amount", "company", "expected_close", "source", "description")


def _edited(values: Mapping[UUID, Mapping[str, Any]], actor: Actor) -> Applied:
    return Applied({deal.pk for deal in edit_deals(values=values, actor=actor)})


class _Words:
    """The toast's words for deals."""

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d deal changed", "%(count)d deals changed", count) % {"count": count}


class DealOwnerForm(OwnerForm):
    """A deal always has an owner (U4)."""

    nobody = False


class AssignDeals(_Words, AssignAction):
    """Give deals to somebody."""

    form = DealOwnerForm
    told = gettext_lazy("%(who)s gave you %(count)d deals")

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Give them to the new owner."""
        return _edited({pk: {"owner": values["owner"]} for pk in ids}, actor)


class TagDeals(_Words, TagAction):
    """Tag deals."""

    def write_tags(self, tags: Mapping[UUID, list[str]], actor: Actor) -> Applied:
        """Store the tags."""
        return _edited({pk: {"tags": each} for pk, each in tags.items()}, actor)


class UntagDeals(_Words, UntagAction):
    """Remove tags of deals."""

    def write_tags(self, tags: Mapping[UUID, list[str]], actor: Actor) -> Applied:
        """Store the tags."""
        return _edited({pk: {"tags": each} for pk, each in tags.items()}, actor)


class EditDealsForm(EditForm):
    """Fields of deals, judged by the rules of one deal."""

    def clean(self) -> dict[str, Any]:
        """Return the values as the service takes them; what does not fit is said beside the field."""
        values = super().clean()
        try:
            cleaned(split(values)[0])
        except Refused as refused:
            for name, message in refused.fields.items():
                self.add_error(name if name in self.fields else None, message)
        return values


class EditDeals(_Words, EditAction):
    """Set fields of deals."""

    form = EditDealsForm

    def offered(self, actor: Actor) -> dict[str, forms.Field]:
        """Return the fields of the form of one deal that make sense for many."""
        return deal_fields(actor, FIELDS) | form_fields(Deal.kind, actor, {})

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Set the fields."""
        return _edited(dict.fromkeys(ids, values), actor)


def deal_fields(actor: Actor, names: Sequence[str]) -> dict[str, forms.Field]:
    """Return fields of the deal's form by name."""
    fields = DealForm(actor=actor, only=names).fields
    return {name: fields[name] for name in names if name in fields}


class DeleteDeals(_Words, DeleteAction):
    """Put deals into the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Bin them (R8); won ones need the right to date back."""
        return Applied({deal.pk for deal in bin_deals(deal_ids=ids, actor=actor)})

    def refusals(self, records: Sequence[Any], values: Mapping[str, Any], actor: Actor) -> dict[UUID, str]:
        """Refuse won deals without the right to date back."""
        return _won(
            records, actor, _("It is won. Deleting it changes past numbers, which needs the right to date back.")
        )

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d deal is in the bin", "%(count)d deals are in the bin", count) % {"count": count}


class MoveForm(BulkForm):
    """The stage, and once for all deals what it demands: the reason of a loss, the day of a close, empty fields."""

    stage = forms.ChoiceField(label=gettext_lazy("Stage"))
    lost_reason = forms.ModelChoiceField(
        label=gettext_lazy("Lost reason"), queryset=LostReason.objects.none(), required=False,
        help_text=gettext_lazy("For a stage of lost deals"),
    )  # fmt: skip
    lost_comment = forms.CharField(
        label=gettext_lazy("What happened"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    closed_on = forms.DateField(
        label=gettext_lazy("Closed on"), required=False, widget=DateInput,
        help_text=gettext_lazy("For won and lost deals; today unless you choose another day"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = stage_groups(opened=False)
        stage: Any = self.fields["stage"]
        stage.choices = [("", _("Choose a stage")), *(groups[0][1] if len(groups) == 1 else groups)]
        reasons: Any = self.fields["lost_reason"]
        reasons.queryset = LostReason.objects.filter(archived_at__isnull=True)
        demanded = {
            name for names in Stage.objects.usable().values_list("required_fields", flat=True) for name in names
        }
        offered = deal_fields(self.actor, FILLABLE) | form_fields(Deal.kind, self.actor, {})
        self.fillable = [name for name in offered if name in demanded]
        for name in self.fillable:
            field = offered[name]
            field.required, field.help_text = False, _("Fills deals that have none, where the stage asks for it")
            self.fields[name] = field

    def clean_stage(self) -> Stage:
        """Return the stage."""
        return Stage.objects.usable().select_related("pipeline").get(pk=self.cleaned_data["stage"])

    def clean(self) -> dict[str, Any]:
        """Raise beside the reason if a loss has none; the rest belongs to the stage or is left out."""
        values = dict(self.cleaned_data)
        stage: Stage | None = values.get("stage")
        if stage is None:
            return values
        if stage.is_lost and values.get("lost_reason") is None and "lost_reason" not in self.errors:
            self.add_error("lost_reason", ValidationError(_("Say why the deals were lost.")))
        if not stage.is_lost:
            values |= {"lost_reason": None, "lost_comment": ""}
        if stage.is_open:
            values["closed_on"] = None
        asked = [name for name in self.fillable if name in stage.required_fields]
        values["fill"] = {name: values[name] for name in asked if values.get(name) not in (None, "", [])}
        return values


class MoveDeals(_Words, BulkAction):
    """Move deals to a stage, through the service of all moves (P3)."""

    key = "stage"
    label = gettext_lazy("Move to stage")
    short = gettext_lazy("Stage")
    said = gettext_lazy("moved many deals")
    icon = "square-kanban"
    order = 15
    submit = gettext_lazy("Move")
    form = MoveForm

    def summary(self, values: Mapping[str, Any]) -> str:
        """Return the stage."""
        return _("Stage: %(name)s") % {"name": values["stage"].name}

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Move them; what the stage demands is filled where a deal has nothing."""
        changed: set[UUID] = set()
        refused: dict[UUID, str] = {}
        for empty, group in _by_gaps(ids, values["fill"]).items():
            moved = move_deals(
                deal_ids=group, to_stage=values["stage"], actor=actor, lost_reason=values["lost_reason"],
                lost_comment=values["lost_comment"], closed_on=values["closed_on"],
                fill={name: values["fill"][name] for name in empty},
            )  # fmt: skip
            changed |= {deal.pk for deal in moved.deals}
            refused |= {pk: words_of(error) for pk, error in moved.refused.items()}
        return Applied(changed, refused)

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d deal moved", "%(count)d deals moved", count) % {"count": count}


class RestoreDeals(_Words, RestoreAction):
    """Take deals out of the bin."""

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Restore them (R8); won ones need the right to date back."""
        return Applied({deal.pk for deal in restore_deals(deal_ids=ids, actor=actor)})

    def refusals(self, records: Sequence[Any], values: Mapping[str, Any], actor: Actor) -> dict[UUID, str]:
        """Refuse won deals without the right to date back."""
        return _won(
            records, actor, _("It is won. Restoring it changes past numbers, which needs the right to date back.")
        )

    def done_words(self, count: int) -> str:
        """Return the toast's words."""
        return ngettext("%(count)d deal is back", "%(count)d deals are back", count) % {"count": count}


def _won(records: Sequence[Any], actor: Actor, words: str) -> dict[UUID, str]:
    """Return the won ones among deals with the words of a refusal, nothing for whoever may date back."""
    if actor.may("date_back"):
        return {}
    won = set(Stage.objects.filter(kind_of=Stage.Kind.WON).values_list("pk", flat=True))
    return {deal.pk: words for deal in records if deal.stage_id in won}


def _by_gaps(ids: Sequence[UUID], names: Iterable[str]) -> dict[tuple[str, ...], list[UUID]]:
    """Return deals by which of these fields they have nothing in."""
    columns, custom = split(dict.fromkeys(names))
    groups: dict[tuple[str, ...], list[UUID]] = defaultdict(list)
    for deal in Deal.objects.filter(pk__in=ids):
        empty = [name for name in columns if getattr(deal, COLUMN.get(name, name)) in (None, "")]
        empty += [name for name in custom if deal.custom.get(name.removeprefix(PREFIX)) is None]
        groups[tuple(empty)].append(deal.pk)
    return groups


def connect() -> None:
    """Offer the actions on the list of deals."""
    actions = (AssignDeals, MoveDeals, TagDeals, UntagDeals, EditDeals, DeleteDeals, RestoreDeals)
    register(*(each(Deal) for each in actions))
