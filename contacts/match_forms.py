"""The form of the matching rules: one line for each field that can score (M1)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .services.duplicates.rules import COMPARISONS, Rule, Rules, labels_for

# How each of the product's own fields is compared; a custom field may be compared in any way that fits its type.
FIXED: dict[str, dict[str, str]] = {
    "contact": {"name": "name", "email": "exact", "phone": "exact", "domain": "exact", "company": "exact"},
    "company": {"name": "firm", "email": "exact", "phone": "exact", "domain": "exact"},
}
CHOICES = [(key, words) for key, words in COMPARISONS.items() if key not in ("name", "firm")]


@dataclass(slots=True)
class RuleLine:
    """The controls of one field."""

    label: str
    compare: Any
    same: Any
    different: Any


class RulesForm(forms.Form):
    """Points for agreement and disagreement of each field, and from how many points on a pair is possible or certain."""

    possible = forms.IntegerField(label=gettext_lazy("Possible from"), min_value=1, max_value=100)
    certain = forms.IntegerField(label=gettext_lazy("Certain from"), min_value=1, max_value=100)

    def __init__(self, data: Any = None, *, rules: Rules, actor: Any) -> None:
        super().__init__(data, initial={"possible": rules.possible, "certain": rules.certain})
        self.kind = rules.kind
        known = {rule.field: rule for rule in rules.rules}
        self.labels = labels_for(rules.kind, actor)
        for key, label in self.labels.items():
            self._add(key, str(label), known.get(key) or Rule(key, self._fixed(key) or "text", 0))

    def _fixed(self, key: str) -> str:
        return FIXED[self.kind].get(key, "")

    def _add(self, key: str, label: str, rule: Rule) -> None:
        points: dict[str, Any] = {"min_value": 0, "max_value": 100, "required": False}
        same, different = _("%(field)s: points when the same"), _("%(field)s: points taken when different")
        self.fields[f"{key}__same"] = forms.IntegerField(label=same % {"field": label}, initial=rule.same, **points)
        self.fields[f"{key}__different"] = forms.IntegerField(
            label=different % {"field": label}, initial=rule.different, **points
        )
        if not self._fixed(key):
            self.fields[f"{key}__compare"] = forms.ChoiceField(
                label=_("%(field)s: compared as") % {"field": label}, choices=CHOICES, initial=rule.compare
            )

    def clean(self) -> dict[str, Any]:
        """Certain means at least as many points as possible."""
        values = super().clean() or {}
        if (values.get("certain") or 100) < (values.get("possible") or 0):
            self.add_error("certain", _("Certain takes at least as many points as possible."))
        return values

    def lines(self) -> list[RuleLine]:
        """Return the controls field by field."""
        return [
            RuleLine(
                str(label),
                self[f"{key}__compare"] if f"{key}__compare" in self.fields else COMPARISONS[self._fixed(key)],
                self[f"{key}__same"],
                self[f"{key}__different"],
            )
            for key, label in self.labels.items()
        ]

    def values(self) -> dict[str, Any]:
        """Return what goes to the service; fields without points are left out."""
        data = self.cleaned_data
        rules = [
            Rule(
                key,
                data.get(f"{key}__compare") or self._fixed(key),
                data.get(f"{key}__same") or 0,
                data.get(f"{key}__different") or 0,
            )
            for key in self.labels
        ]
        return {
            "rules": [rule for rule in rules if rule.same or rule.different],
            "possible": data["possible"],
            "certain": data["certain"],
        }
