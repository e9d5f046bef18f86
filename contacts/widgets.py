"""Form controls of contacts: several addresses or numbers in one field."""

from collections.abc import Sequence
from typing import Any

from django import forms


class ManyInput(forms.Widget):
    """Several inputs of one name, with one empty at the end; the marked one is the primary one and comes first.

    The value is a list of (text, label). `labels` offers kinds, such as mobile and office, beside each.
    """

    template_name = "contacts/widgets/many.html"

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        *,
        kind: str = "text",
        primary: bool = True,
        labels: Sequence[Any] = (),
    ) -> None:
        self.kind = kind
        self.primary = primary
        self.labels = labels
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add a row for each value and an empty one."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = [*(value or []), ("", "")]
        marks = {"autocomplete": "off", "inputmode": {"tel": "tel", "email": "email"}.get(self.kind, "text")}
        return {**context, "rows": rows, "primary": self.primary, "labels": self.labels, "marks": marks}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        """Return the typed rows that are not empty, the primary one first."""
        texts = data.getlist(name) if hasattr(data, "getlist") else list(data.get(name) or [])
        labels = data.getlist(f"{name}_label") if hasattr(data, "getlist") else []
        labels += [""] * (len(texts) - len(labels))
        rows = list(zip(texts, labels, strict=False))
        chosen = str(data.get(f"{name}_primary") or "0")
        if chosen.isdecimal() and 0 < int(chosen[:4]) < len(rows) and rows[int(chosen[:4])][0].strip():
            rows.insert(0, rows.pop(int(chosen[:4])))
        return [row for row in rows if row[0].strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Say whether the form was sent without this field."""
        return name not in data

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        """Return the id of the first input."""
        return f"{id_}_0" if id_ else ""
