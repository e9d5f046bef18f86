"""Ties the import to the rest: its event, its commands' words, its page in the settings, and every app's importers."""

from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands
from crm.kernel.core import navigation, panels
from crm.kernel.core.navigation import NavItem
from crm.kernel.events.bus import consume

from .events import ImportReady
from .people import PeopleImporter
from .registry import register
from .work import hand_to_worker

# Lists that offer the import, and the kind of import that fills them.
LISTS = {"contact": "contacts", "company": "companies", "deal": "deals"}


def connect() -> None:
    """Called when the app is ready. Each app's `imports` module registers its kinds as it is imported."""
    consume(ImportReady, "imports.work", hand_to_worker)
    label_commands({"imports.run": _("imported a file")})
    navigation.register_settings(
        NavItem(
            "import", _("Import"), "listing:import_list", "upload", order=70, group=_("Data"),
            visible=lambda user: user.may("import"),
        )
    )  # fmt: skip
    panels.register(
        "list.actions",
        "imports/_list_action.html",
        lambda request, page: {"import_kind": LISTS[page.kind]},
        order=10,
        visible=lambda user, page: (
            page.kind in LISTS and not page.in_bin and page.file_cells is None and user.may("import")
        ),
    )
    register(PeopleImporter())
    autodiscover_modules("imports")
