from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "crm.kernel.audit"
    label = "audit"
    verbose_name = _("History")

    def ready(self) -> None:
        """Offer the history on record pages, and name the commands of the apps below this one."""
        from crm.kernel.core import panels
        from crm.kernel.core.navigation import NavItem, register_settings
        from crm.kernel.users.models import Absence, Role, User
        from crm.kernel.users.services import require_an_admin
        from crm.kernel.users.services.people import OWN

        from .registry import allow_undo, label_commands, recompute_with

        for kind in ("contact", "company", "deal"):
            panels.register(f"{kind}.more", "audit/_menu_item.html", order=90)
        register_settings(NavItem("audit", _("Changes and undo"), "audit:sets", "history", order=75, group=_("Data")))
        recompute_with(User, require_an_admin)
        recompute_with(Role, require_an_admin)
        # People put back what they set for themselves; everything else about people belongs to the settings.
        allow_undo(User, lambda change, actor: change.pk == actor.id and set(change.changed) <= {*OWN, "delegate_id"})
        allow_undo(Absence, lambda change, actor: (change.before or change.after or {}).get("user_id") == actor.id)
        label_commands(COMMANDS)


COMMANDS = {
    "audit.undo": _("undid a command"),
    "audit.restore": _("went back to an earlier value"),
    "users.set_up": _("set the workspace up"),
    "users.create_role": _("added a role"),
    "users.edit_role": _("changed a role"),
    "users.delete_role": _("removed a role"),
    "users.create_team": _("added a team"),
    "users.edit_team": _("changed a team"),
    "users.delete_team": _("removed a team"),
    "users.edit_person": _("changed a person"),
    "users.change_role": _("gave somebody another role"),
    "users.edit_profile": _("changed their profile"),
    "users.set_theme": _("chose a theme"),
    "users.add_absence": _("noted an absence"),
    "users.remove_absence": _("removed an absence"),
    "users.end_sessions": _("signed somebody out"),
    "users.invite": _("invited somebody"),
    "users.renew_invitation": _("sent an invitation again"),
    "users.cancel_invitation": _("cancelled an invitation"),
    "users.accept_invitation": _("accepted an invitation"),
    "users.switch_off": _("switched a person off"),
    "workspace.edit": _("changed the workspace"),
    "workspace.add_holiday": _("added a holiday"),
    "workspace.remove_holiday": _("removed a holiday"),
    "workspace.set_rates": _("set exchange rates"),
    "workspace.remove_rate": _("removed an exchange rate"),
    "admin.change": _("changed it in the admin"),
}
