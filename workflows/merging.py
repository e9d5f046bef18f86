"""How what rules remember follows records that become one (M3): due times are dropped, the rest stays.

Runs of both records count as the survivor's, and what was known of where it stood before the merge does not (`engine`).
"""

from crm.kernel.core import relations
from crm.kernel.core.relations import Merging, Relation, stay

from .models import Assignment, DueTime, RuleState, Run, TrialLine


def drop(relation: Relation, merging: Merging) -> None:
    """Drop the loser's rows: the survivor has its own. A run that waits finds the survivor by itself."""
    relation.rows().filter(record_id=merging.loser_id).delete()


def register() -> None:
    """Declare the rows that name records by kind and id."""
    relations.declare(Run, "record_id", relations.ANY, move=stay)
    relations.declare(Assignment, "record_id", relations.ANY, move=stay)
    relations.declare(TrialLine, "record_id", relations.ANY, move=stay)
    relations.declare(RuleState, "record_id", relations.ANY, move=stay)
    relations.declare(DueTime, "record_id", relations.ANY, move=drop)
