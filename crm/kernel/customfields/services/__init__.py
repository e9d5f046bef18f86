"""Commands on definitions of custom fields (C1, C2); all need the right to change the settings."""

from .definitions import create_field, edit_field, order_fields, remove_field, restore_field
from .jobs import resume_job, stop_job
from .options import edit_options, remove_option
from .retyping import change_type, settle_misfits

__all__ = [
    "change_type",
    "create_field",
    "edit_field",
    "edit_options",
    "order_fields",
    "remove_field",
    "remove_option",
    "restore_field",
    "resume_job",
    "settle_misfits",
    "stop_job",
]
