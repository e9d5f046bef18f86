"""Pipelines, deals and their stage visits."""

from .deal import Deal, DealContact, StageChange
from .forecast import FrozenDeal, FrozenForecast, FrozenOutlook, KeptForecast
from .pipeline import ForecastCategory, LostReason, Pipeline, Stage, demandable_fields, requirable

__all__ = [
    "Deal",
    "DealContact",
    "ForecastCategory",
    "FrozenDeal",
    "FrozenForecast",
    "FrozenOutlook",
    "KeptForecast",
    "LostReason",
    "Pipeline",
    "Stage",
    "StageChange",
    "demandable_fields",
    "requirable",
]
