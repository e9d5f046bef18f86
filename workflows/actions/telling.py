"""The action that tells people in the product."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User
from workflows.conditions import RuleContext
from workflows.fields import MODELS, RuleField
from workflows.options import Option

from .base import Action, Drafted, Performing, Plan
from .people import MANAGER, OWNER, WHO, meant, person_option, team_option
from .people import words as who_words
from .texts import check_text, fields_in, filled


class Notify(Action):
    """Tell the owner, the manager, a colleague or a team: those of them who may see the record (U3)."""

    key = "notify"
    label = gettext_lazy("Notify people")
    icon = "bell"
    changes_records = False
    options = (
        Option(key="who", label=gettext_lazy("Whom"), type="choices", required=True, default=[OWNER], choices=WHO),
        person_option(),
        team_option(),
        Option(key="text", label=gettext_lazy("Text"), type="merge_text", required=True, most=280),
    )

    def check(self, drafted: Drafted) -> None:
        """Whoever is named is chosen."""
        check_text(drafted, "text")
        for who in ("person", "team"):
            if who in drafted.options["who"] and not drafted.options.get(who):
                drafted.fail(who, _("Choose whom to notify."))
        if not drafted.kind and {OWNER, MANAGER} & set(drafted.options["who"]):
            drafted.fail("who", _("A rule without a record has no owner of a record."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the fields of the text."""
        return fields_in([options.get("text") or ""], kind)

    def plan(self, step: Performing) -> Plan:
        """Return whom it tells."""
        people = {each.pk: each for who in step.options["who"] for each in meant(step, who)}
        shown = [each for each in people.values() if self._sees(step, each)]
        if not shown:
            return Plan(_("There is nobody to notify who may see it"), skip=True)
        names = ", ".join(each.name for each in shown)
        return Plan(_("Notified %(names)s") % {"names": names}, {"users": [str(each.pk) for each in shown]})

    @staticmethod
    def _sees(step: Performing, person: User) -> bool:
        if step.record_id is None:
            return True
        if step.kind != "task":  # whose record it is at the moment, also when that is long ago
            return bool(Actor.of(person).scope(step.kind, "view").covers(step.row.get("owner_id")))
        return bool(MODELS[step.kind].objects.visible_to(person).filter(pk=step.record_id).exists())

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Store the notifications; their key is the step's (W3)."""
        text = filled(step.options["text"], step.snapshot, step.context, step.kind)
        notify(
            [
                Note(
                    user_id=pk, topic="workflow", text=text, key=f"run:{step.key}", record_kind=step.kind,
                    record_id=step.record_id,
                )
                for pk in plan.data["users"]
            ]
        )  # fmt: skip
        return {}

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        whom = _(" and ").join(who_words(options, each) for each in options.get("who") or ())
        return _("notify %(whom)s") % {"whom": whom}
