"""The colours of stages."""

from uuid import UUID

from .models import Stage


def tones(stages: list[Stage]) -> dict[UUID, str]:
    """Return the colour of each stage: won, lost, and for a pipeline's open ones 1 to 5, the deeper the likelier."""
    result: dict[UUID, str] = {}
    by_pipeline: dict[UUID, list[Stage]] = {}
    for stage in stages:
        if stage.is_open:
            by_pipeline.setdefault(stage.pipeline_id, []).append(stage)
        else:
            result[stage.pk] = stage.kind_of
    for row in by_pipeline.values():
        last = max(len(row) - 1, 1)
        for position, stage in enumerate(row):
            result[stage.pk] = str(1 + round(position * 4 / last)) if len(row) > 1 else "3"
    return result
