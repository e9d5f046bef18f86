"""What the ids in figures are called; each kind is asked for once."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Company
from crm.kernel.core.remember import remembered
from crm.kernel.customfields.fields import fields_for
from crm.kernel.users.models import Team, User
from deals.metrics.dimensions import Dimension
from deals.models import ForecastCategory, LostReason, Stage


@remembered
def _people() -> dict[str, str]:
    return {str(pk): name for pk, name in User.objects.values_list("pk", "name")}


@remembered
def _teams() -> dict[str, str]:
    return {str(pk): name for pk, name in Team.objects.values_list("pk", "name")}


@remembered
def _stages() -> list[Stage]:
    return list(Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline__name", "position"))


@remembered
def _reasons() -> dict[str, str]:
    return {str(pk): name for pk, name in LostReason.objects.values_list("pk", "name")}


class Names:
    """Looks ids up; `of(dimension, value)` is what a group is called. Small tables are kept for seconds."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor

    @property
    def people(self) -> dict[str, str]:
        """People by id."""
        return _people()

    @property
    def teams(self) -> dict[str, str]:
        """Teams by id."""
        return _teams()

    @property
    def stages(self) -> list[Stage]:
        """All stages in the order of their pipelines, archived ones in their old place (N3)."""
        return _stages()

    @cached_property
    def stage_names(self) -> dict[str, str]:
        """Stages by id, with the pipeline where there are several."""
        several = len({each.pipeline_id for each in self.stages}) > 1
        return {str(s.pk): f"{s.pipeline.name}: {s.name}" if several else s.name for s in self.stages}

    @cached_property
    def pipelines(self) -> dict[str, str]:
        """Pipelines by id, in their order."""
        return {str(stage.pipeline_id): stage.pipeline.name for stage in self.stages}

    @property
    def reasons(self) -> dict[str, str]:
        """Lost reasons by id."""
        return _reasons()

    def companies(self, ids: list[str]) -> dict[str, str]:
        """Return the names of companies; all may be seen by those who see companies (U2)."""
        seen = Company.objects.visible_to(self.actor).filter(pk__in=ids)
        return {str(pk): name for pk, name in seen.values_list("pk", "name")}

    def of(self, dimension: Dimension) -> Callable[[Any], str]:
        """Return how the values of a dimension are called."""
        known = {
            "owner": ("people", _("Nobody")),
            "team": ("teams", _("No team")),
            "stage": ("stage_names", ""),
            "pipeline": ("pipelines", ""),
            "reason": ("reasons", _("No reason")),
        }.get(dimension.key)
        if known:
            table, nobody = getattr(self, known[0]), known[1]
            return lambda value: nobody if value is None else table.get(str(value), "?")
        nothing = _("Not filled in")
        if dimension.key.startswith("cf_"):
            field = next(each for each in fields_for("deal", self.actor) if f"cf_{each.key}" == dimension.key)
            words = {option["key"]: option["label"] for option in field.options} | {"true": _("Yes"), "false": _("No")}
            return lambda value: nothing if value is None else str(words.get(str(value), value))
        if dimension.key == "category":
            return lambda value: str(dict(ForecastCategory.choices).get(value, value))
        return lambda value: nothing if value is None else str(value)
