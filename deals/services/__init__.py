"""Everything that changes deals, their people, stages, pipelines and lost reasons. Each service is one user command."""

from .binning import bin_deal, bin_deals, restore_deal, restore_deals
from .creation import NewDeal, clone_deal, create_deal, create_deals
from .editing import edit_deal, edit_deals, snooze_deal
from .leads import Qualified, qualify_lead
from .lifecycle import derive_lifecycle, derive_lifecycle_of_deals
from .moving import Moved, change_pipeline, close_deal, move_deal, move_deals, reopen_deal
from .people import add_person, change_person, remove_person
from .pipelines import (
    add_pipeline,
    add_stage,
    archive_pipeline,
    archive_stage,
    edit_stage,
    order_stages,
    rename_pipeline,
)
from .reasons import add_reason, archive_reason, edit_reason, order_reasons
from .searching import refresh_search

__all__ = [
    "Moved",
    "NewDeal",
    "Qualified",
    "add_person",
    "add_pipeline",
    "add_reason",
    "add_stage",
    "archive_pipeline",
    "archive_reason",
    "archive_stage",
    "bin_deal",
    "bin_deals",
    "change_person",
    "change_pipeline",
    "clone_deal",
    "close_deal",
    "create_deal",
    "create_deals",
    "derive_lifecycle",
    "derive_lifecycle_of_deals",
    "edit_deal",
    "edit_deals",
    "edit_reason",
    "edit_stage",
    "move_deal",
    "move_deals",
    "order_reasons",
    "order_stages",
    "qualify_lead",
    "refresh_search",
    "remove_person",
    "rename_pipeline",
    "reopen_deal",
    "restore_deal",
    "restore_deals",
    "snooze_deal",
]
