"""What the sidebar, the create menu and the settings menu list. Apps register their pages here in `AppConfig.ready()`.

A page whose URL name does not resolve, or that the person may not see, is not listed: menus hold no dead links.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.functional import Promise

Visible = Callable[[Any], bool]
Count = Callable[[Any], int | None]


def everybody(user: Any) -> bool:
    """Show an item to whoever is logged in."""
    return True


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of a menu.

    `shortcut` is the key after `G` (sidebar) that leads there. `count` gives the small number beside the label (None or
    0 shows nothing); counts are fetched after the page, so they may cost a query. `phone` puts the entry on the phone's
    tab bar, which has room for three. `dialog` (create menu only) opens the address in the dialog.
    """

    key: str
    label: str | Promise
    url_name: str
    icon: str
    order: int = 100
    shortcut: str = ""
    visible: Visible = everybody
    count: Count | None = None
    phone: bool = False
    dialog: bool = False
    group: str | Promise = ""

    @property
    def url(self) -> str | None:
        """The entry's address, or None where no such page exists."""
        return _address(get_urlconf(), self.url_name)


@cache
def _address(urlconf: str | None, url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


class Menu:
    """A list of entries, kept in order; one entry per key."""

    def __init__(self) -> None:
        self._items: dict[str, NavItem] = {}

    def register(self, item: NavItem) -> None:
        """Add an entry; a second one with the same key replaces the first."""
        self._items[item.key] = item

    def items(self) -> list[NavItem]:
        """Return all entries."""
        return list(self._items.values())

    def for_user(self, user: Any) -> list[NavItem]:
        """Return the entries that exist and that the person may see, in order; those of a group stand together."""
        listed = [item for item in self.items() if item.url is not None and item.visible(user)]
        listed.sort(key=lambda item: (item.order, item.key))
        first: dict[str, int] = {}
        for place, item in enumerate(listed):
            first.setdefault(str(item.group) or item.key, place)
        return sorted(listed, key=lambda item: first[str(item.group) or item.key])


main = Menu()
creation = Menu()
settings_pages = Menu()
shortcuts = Menu()  # places within pages, for the palette alone

register = main.register
register_create = creation.register
register_settings = settings_pages.register
register_shortcut = shortcuts.register
