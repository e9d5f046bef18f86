"""Numbers about deals, each with one definition (N1-N9), for pages, exports, mails and the API alike."""

from .money import ZERO, minor_unit, rates_on
from .totals import StageTotal, stage_totals

__all__ = ["ZERO", "StageTotal", "minor_unit", "rates_on", "stage_totals"]
