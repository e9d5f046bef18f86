"""Where this app appears: its reports, menus, words of its commands."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.audit import registry as audit
from crm.kernel.core import navigation
from crm.kernel.core.navigation import NavItem

from . import registry
from .reports import conversion, customers, forecast, leads, learned, outcome, overview, people, pipeline
from .views.shared import may_see_reports

COMMANDS = {
    "reports.targets": _("set targets"),
    "reports.mail_created": _("had a report mailed"),
    "reports.mail_changed": _("changed a mailed report"),
    "reports.mail_removed": _("stopped a mailed report"),
    "reports.mail_sent": _("sent a report by mail"),
}


def connect() -> None:
    """Register; called when the app is ready."""
    registry.register(
        overview.Overview,
        pipeline.OpenPipeline,
        conversion.Conversion,
        conversion.TimeInStage,
        outcome.WinLoss,
        outcome.WonByMonth,
        outcome.VelocityByMonth,
        forecast.Forecast,
        forecast.Slipped,
        forecast.Change,
        learned.Probabilities,
        learned.ForecastAccuracy,
        people.Leaderboard,
        people.ActivityByPerson,
        leads.LeadSources,
        customers.Customers,
    )
    audit.label_commands(COMMANDS)
    navigation.register(
        NavItem(
            "reports", _("Reports"), "reports:report_home", "chart-no-axes-column", order=80, shortcut="R",
            visible=may_see_reports,
        )
    )  # fmt: skip
    navigation.register_settings(
        NavItem("targets", _("Targets"), "reports:targets", "target", group=_("Workspace"), order=61, visible=may_set)
    )


def may_set(user: Any) -> bool:
    """Say whether the menu shows the targets, without asking the database for the team."""
    return bool(user.may("settings") or user.level("report", "edit") in ("team", "all"))
