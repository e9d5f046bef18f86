"""What merging and the search for duplicates tell the kernel when the process starts."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.audit.registry import allow_undo, announce_command, label_commands, recompute_with, rights_of_command
from crm.kernel.core import navigation, panels, relations
from crm.kernel.core.navigation import NavItem
from crm.kernel.listing.runs import register_work

from . import hints, pair_lists, subscribers  # noqa: F401  a list is known once its module is loaded
from .models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
    Dismissal,
    DuplicateCheck,
    DuplicateKey,
    DuplicateScan,
)
from .models.personal import Erasure, PersonalRun
from .services import undone
from .services.duplicates import bulk, finding, pairs, scan
from .services.merging.relations import move_subsidiaries


def register() -> None:
    """Register everything; called once from `AppConfig.ready()`."""
    _history()
    _relations()
    _menus()
    subscribers.connect()
    register_work(scan.WORK, DuplicateScan, scan.perform)
    bulk.register()


def _menus() -> None:
    navigation.register(
        NavItem(
            "duplicates", _("Duplicates"), "contacts:duplicate_list", "git-merge", order=55,
            visible=lambda user: user.may("merge"), count=pairs.count_open,
        )
    )  # fmt: skip
    navigation.register_settings(
        NavItem(
            "duplicates", _("Duplicates"), "contacts:duplicate_rules_home", "git-merge", order=72, group=_("Data"),
            visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip
    for kind in ("contact", "company"):
        panels.register(f"{kind}.main", "contacts/_record_hint.html", hints.of_record, order=0)
        panels.register(
            f"{kind}.more", "contacts/_merge_item.html", order=30, visible=lambda user, record: user.may("merge")
        )
    panels.register("list.bulk.more", "contacts/_merge_button.html", visible=_merges)


def _merges(user: Any, page: Any) -> bool:
    """Say whether rows of a list can be merged: live contacts or companies, by those who may."""
    return user.may("merge") and page.model in (Contact, Company) and not page.in_bin


def _history() -> None:
    label_commands(
        {
            "contacts.merge": _("merged two contacts"),
            "companies.merge": _("merged two companies"),
            "duplicates.dismiss": _("said that two records are not one"),
            "duplicates.reconsider": _("took back that two records are not one"),
            "duplicates.rules": _("changed the matching rules"),
        }
    )
    # What a merge moved along with a record goes back with it, whoever may edit the moved rows themselves (M4).
    for command in ("contacts.merge", "bulk.merge_contact"):
        rights_of_command(command, Contact, ContactEmail, ContactPhone)
        announce_command(command, Contact, undone.merges_undone)
    for command in ("companies.merge", "bulk.merge_company"):
        rights_of_command(command, Company, CompanyDomain, CompanyEmail, CompanyPhone)
        announce_command(command, Company, undone.merges_undone)
    allow_undo(Dismissal, pairs.undo_own_dismissal)
    recompute_with(Dismissal, pairs.recheck_dismissals)
    recompute_with(Contact, lambda ids: finding.enqueue("contact", ids))
    recompute_with(Company, lambda ids: finding.enqueue("company", ids))


def _relations() -> None:
    """Declare who refers to contacts and companies within this app (ARCHITECTURE 3)."""
    for model in (ContactEmail, ContactPhone):
        relations.declare(model, "contact", "contact", move=relations.stay)  # the merge itself unites them
    for below in (CompanyDomain, CompanyEmail, CompanyPhone):
        relations.declare(below, "company", "company", move=relations.stay)
    for record in (Contact, Company):
        relations.declare(record, "merged_into", record.kind, move=relations.stay)  # one leads on to the next
    relations.declare(Contact, "company", "company", words=_people)
    relations.declare(Company, "parent", "company", move=move_subsidiaries, words=_subsidiaries)
    for told in (Erasure, PersonalRun):  # what was merged into somebody is archived and erased with them
        relations.declare(told, "contact", "contact", move=relations.stay)
    for column in ("first_id", "second_id"):
        relations.declare(Dismissal, column, relations.ANY, move=pairs.move_dismissals)
    for waiting in (DuplicateKey, DuplicateCheck):
        relations.declare(waiting, "record_id", relations.ANY, move=relations.stay)  # a worker renews them


def _people(count: int) -> str:
    return ngettext("%d contact", "%d contacts", count) % count


def _subsidiaries(count: int) -> str:
    return ngettext("%d subsidiary", "%d subsidiaries", count) % count
