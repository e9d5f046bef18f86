"""Pipelines, deals and their stage visits."""

from .deal import Deal, DealContact, StageChange
from .pipeline import ForecastCategory, LostReason, Pipeline, Stage

__all__ = ["Deal", "DealContact", "ForecastCategory", "LostReason", "Pipeline", "Stage", "StageChange"]
