"""Everything that changes rules and runs. Each service is one user command."""

from .drafts import create_rule, delete_rule, discard_draft, duplicate_rule, rename_rule, save_draft, transfer_rule
from .publishing import check_rule, matching_now, pause_rule, publish_rule, resume_rule
from .runs import dismiss_runs, retry_runs, start_run
from .trials import begin_trial, stop_trial

__all__ = [
    "begin_trial",
    "check_rule",
    "create_rule",
    "delete_rule",
    "discard_draft",
    "dismiss_runs",
    "duplicate_rule",
    "matching_now",
    "pause_rule",
    "publish_rule",
    "rename_rule",
    "resume_rule",
    "retry_runs",
    "save_draft",
    "start_run",
    "stop_trial",
    "transfer_rule",
]
