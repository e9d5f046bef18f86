"""Everything that changes deals, their people, stages, pipelines and lost reasons. Each service is one user command."""

from .binning import bin_deal, restore_deal
from .creation import NewDeal, clone_deal, create_deal, create_deals
from .editing import edit_deal, snooze_deal
from .leads import Qualified, qualify_lead
from .lifecycle import derive_lifecycle, derive_lifecycle_of_deals
from .moving import change_pipeline, close_deal, move_deal, reopen_deal
from .people import add_person, change_person, remove_person
from .searching import refresh_search

__all__ = [
    "NewDeal",
    "Qualified",
    "add_person",
    "bin_deal",
    "change_person",
    "change_pipeline",
    "clone_deal",
    "close_deal",
    "create_deal",
    "create_deals",
    "derive_lifecycle",
    "derive_lifecycle_of_deals",
    "edit_deal",
    "move_deal",
    "qualify_lead",
    "refresh_search",
    "remove_person",
    "reopen_deal",
    "restore_deal",
    "snooze_deal",
]
