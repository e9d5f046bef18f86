"""What every page needs besides its own data: theme, menus and the workspace's name. Asks the database nothing."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from . import navigation

_named_by: list[Callable[[], str]] = []


def name_workspace(name: Callable[[], str]) -> None:
    """Set where the workspace's name comes from; the workspace app calls this when it is ready."""
    _named_by[:] = [name]


def workspace_name() -> str:
    """Return the workspace's name, which the workspace app keeps in memory."""
    return _named_by[0]() if _named_by else "CRM"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of `base.html`; `nav`, `create_menu` and `settings_menu` are built only when used."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    theme = getattr(user, "theme", "") if known else ""
    return {
        "person_theme": theme if theme in ("light", "dark") else "",
        "keys_off": known and not getattr(user, "single_keys", True),
        "nav_rail": request.COOKIES.get("nav") == "rail",
        "workspace_name": SimpleLazyObject(workspace_name),
        "html_lang": get_language() or "en",
        "nav": SimpleLazyObject(lambda: entries(navigation.main, request) if known else []),
        "phone_nav": SimpleLazyObject(
            lambda: [each for each in entries(navigation.main, request) if each["phone"]][:3] if known else []
        ),
        "create_menu": SimpleLazyObject(lambda: entries(navigation.creation, request) if known else []),
        "settings_menu": SimpleLazyObject(lambda: entries(navigation.settings_pages, request) if known else []),
    }


def entries(menu: navigation.Menu, request: HttpRequest) -> list[dict[str, Any]]:
    """Return a menu's entries for a request; the one whose address is the longest beginning of the path is active."""
    items = menu.for_user(request.user)
    active = max(
        (item for item in items if _leads_to(item.url or "", request.path)),
        key=lambda item: len(item.url or ""),
        default=None,
    )
    return [
        {
            "key": item.key,
            "label": item.label,
            "url": item.url,
            "icon": item.icon,
            "shortcut": item.shortcut,
            "counted": item.count is not None,
            "phone": item.phone,
            "dialog": item.dialog,
            "group": item.group,
            "active": item is active,
        }
        for item in items
    ]


def _leads_to(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
