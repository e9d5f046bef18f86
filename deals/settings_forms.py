"""Forms of the settings of pipelines, stages and lost reasons (P0, P1)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import ForecastCategory, Pipeline, Stage, requirable


class StageForm(forms.Form):
    """A stage of a pipeline (P1)."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    description = forms.CharField(
        label=gettext_lazy("What it means"), max_length=300, required=False,
        help_text=gettext_lazy("A stage should end with something that the customer does."),
    )  # fmt: skip
    probability = forms.IntegerField(label=gettext_lazy("Probability, %"), min_value=0, max_value=100, initial=50)
    idle_days = forms.IntegerField(label=gettext_lazy("Gone quiet after days"), min_value=1, max_value=365, initial=14)
    forecast_category = forms.ChoiceField(
        label=gettext_lazy("Forecast category"), choices=ForecastCategory.choices, initial=ForecastCategory.PIPELINE
    )
    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("Fields to fill before a deal may enter"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, stage: Stage | None = None, only: Iterable[str] = (), **kwargs: Any) -> None:
        initial = {name: getattr(stage, name) for name in self.base_fields} if stage is not None else {}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.fields["required_fields"].choices = list(requirable().items())  # type: ignore[attr-defined]
        wanted = set(only)
        for name in list(self.fields):
            closed = stage is not None and not stage.is_open and name in ("probability", "idle_days")
            if closed or (wanted and name not in wanted):
                del self.fields[name]


class PipelineForm(forms.Form):
    """A pipeline: its name and, when it is new, whose stages it begins with."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    like = forms.ChoiceField(label=gettext_lazy("Begin with the stages of"), required=False)

    def __init__(self, *args: Any, pipeline: Pipeline | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": pipeline.name} if pipeline else {}
        super().__init__(*args, **kwargs)
        if pipeline is not None:
            del self.fields["like"]
        else:
            known = [(str(pk), name) for pk, name in Pipeline.objects.usable().values_list("pk", "name")]
            self.fields["like"].choices = [("", _("A short first set")), *known]  # type: ignore[attr-defined]


class ArchiveStageForm(forms.Form):
    """Where the deals of a stage go before it is archived."""

    move_to = forms.ChoiceField(label=gettext_lazy("Move its deals to"))

    def __init__(self, *args: Any, stage: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Stage.objects.usable().open().filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk)
        rows = others.order_by("position").values_list("pk", "name")
        self.fields["move_to"].choices = [(str(pk), name) for pk, name in rows]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """A reason for a loss."""

    name = forms.CharField(label=gettext_lazy("Reason"), max_length=80)
    not_a_loss = forms.BooleanField(
        label=gettext_lazy("Not a loss"), required=False,
        help_text=gettext_lazy("A duplicate, a test or a mistake: counts in no win rate."),
    )  # fmt: skip
