"""What runs hold on a person: ids, and in what conditions saw numbers and choices of theirs (W2, H1)."""

from crm.kernel.core import personal

from .models import Assignment, DueTime, RuleState, Run, TrialLine

OF_PERSON = "record_kind = 'contact' AND record_id = ANY (ids)"


def register() -> None:
    """Declare the columns of this app: what a run saw of an erased person goes, that it ran stays."""
    personal.hold(
        Run, OF_PERSON, blank={"trace": [], "reason": ""}, keep=("key", "record_kind", "state", "cause", "chain")
    )
    personal.hold(Assignment, OF_PERSON, blank={"words": ""}, keep=("record_kind", "method", "pool"))
    personal.hold(TrialLine, OF_PERSON, blank={"data": {}}, keep=("record_kind", "outcome", "side"))
    personal.hold(RuleState, "false", keep=("record_kind",))
    personal.hold(DueTime, "false", keep=("record_kind", "spell"))
