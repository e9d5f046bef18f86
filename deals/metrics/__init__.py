"""Numbers about deals, each with one definition (N1-N9), for pages, exports, mails and the API alike.

`facts` is the relation of deals as they are or were at a moment; `measure` asks it; `numbers`, `conversion`, `change` and
`pushes` say what is asked; `dimensions` by what it is told apart; `figures` lead from a mark to its deals.
"""

from .money import ZERO, minor_unit, rates_on
from .totals import StageTotal, stage_totals

__all__ = ["ZERO", "StageTotal", "minor_unit", "rates_on", "stage_totals"]
