"""Pipelines, deals and their stage visits."""

from .deal import Deal, DealContact, StageChange
from .pipeline import ForecastCategory, LostReason, Pipeline, Stage, demandable_fields, requirable

__all__ = [
    "Deal",
    "DealContact",
    "ForecastCategory",
    "LostReason",
    "Pipeline",
    "Stage",
    "StageChange",
    "demandable_fields",
    "requirable",
]
