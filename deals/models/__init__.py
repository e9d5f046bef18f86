"""Pipelines, deals and their stage visits."""

from .deal import Deal, DealContact, StageChange
from .pipeline import REQUIRABLE, ForecastCategory, LostReason, Pipeline, Stage

__all__ = ["REQUIRABLE", "Deal", "DealContact", "ForecastCategory", "LostReason", "Pipeline", "Stage", "StageChange"]
