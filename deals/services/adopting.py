"""Takes learned probabilities over as the configured ones of a pipeline's stages (P5)."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from deals.models import Stage


@command("forecasts.adopt")
def adopt_probabilities(*, pipeline_id: UUID, percents: Mapping[UUID, int], actor: Actor) -> int:
    """Set the probabilities of open stages to whole percents; return how many have changed.

    Deals that have a probability of their own keep it (P5). Raises PermissionDenied without the right to settings,
    Refused for a stage that is not an open one of the pipeline, or a value that is no percentage.
    """
    actor.require_flag("settings")
    rows = Stage.objects.locked().filter(pipeline_id=pipeline_id, kind_of=Stage.Kind.OPEN, pk__in=list(percents))
    stages = {stage.pk: stage for stage in rows}
    if set(stages) != set(percents):
        raise Refused(_("A stage is not an open one of this pipeline any more. Look at the page again."))
    if any(not 0 <= percent <= 100 for percent in percents.values()):
        raise Refused(_("A probability is a whole number from 0 to 100."))
    changed = [pk for pk, stage in stages.items() if stage.probability != percents[pk]]
    for pk in changed:
        Stage.objects.filter(pk=pk).update(probability=percents[pk])
    return len(changed)
