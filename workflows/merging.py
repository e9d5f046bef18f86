"""How what rules remember follows records that become one (M3): states are dropped, the rest stays as history."""

from crm.kernel.core import relations
from crm.kernel.core.relations import Merging, Relation, stay

from .models import Assignment, DueTime, RuleState, Run, TrialLine


def drop(relation: Relation, merging: Merging) -> None:
    """Forget the loser's rows: the survivor has its own. A run that waits finds the survivor by itself."""
    relation.rows().filter(record_id=merging.loser_id).delete()


def register() -> None:
    """Declare the rows that name records by kind and id."""
    relations.declare(Run, "record_id", relations.ANY, move=stay)
    relations.declare(Assignment, "record_id", relations.ANY, move=stay)
    relations.declare(TrialLine, "record_id", relations.ANY, move=stay)
    relations.declare(RuleState, "record_id", relations.ANY, move=drop)
    relations.declare(DueTime, "record_id", relations.ANY, move=drop)
