"""Where automation stands in menus and on lists."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from activities.extras import Extra, register_extra
from crm.kernel.audit import registry
from crm.kernel.core import navigation, panels
from crm.kernel.core.navigation import NavItem
from crm.kernel.notifications.registry import Topic, register_topic, show_kind

from .models import Rule, Run
from .timeline import run_lines


def may_rules(user: Any, _obj: Any = None) -> bool:
    """Say whether a person has the right to rules."""
    return bool(user.may("rules"))


def failed_runs(user: Any) -> int | None:
    """Return how many failed runs wait for somebody; 99 at most."""
    return Run.objects.visible_to(user).resting().values("pk")[:99].count() or None


def steers_runs(user: Any, page: Any) -> bool:
    """Say whether the bar of ticked runs is shown on a list."""
    return page.kind == Run.kind and may_rules(user)


def connect() -> None:
    """Fill the menus."""
    navigation.register(
        NavItem(
            "automations", _("Automations"), "workflows:rule_list", "zap", order=90, shortcut="W", visible=may_rules,
            count=failed_runs,
        )
    )  # fmt: skip
    register_topic(Topic("workflow", _("A rule tells me something"), "zap"))
    show_kind(Rule.kind, Rule.objects.all(), lambda pk: reverse("workflows:rule_page", args=[pk]))
    registry.link_records({"rule": "workflows:rule_page"})
    for kind in ("deal", "contact", "company"):
        panels.register(f"{kind}.more", "workflows/_menu_item.html", order=85)
        panels.register(f"{kind}.side", "workflows/_side.html", order=90)
    register_extra(Extra("rules", _("Automation"), "zap", run_lines))
    panels.register("list.bulk", "workflows/_bulk.html", visible=steers_runs)
