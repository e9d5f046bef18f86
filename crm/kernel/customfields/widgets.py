"""Controls of custom fields that no built-in field has."""

from collections.abc import Iterable
from typing import Any

from crm.kernel.core.widgets import MoneyInput, plain_amount
from crm.kernel.workspace.currencies import CURRENCIES


class MoneyWithCurrency(MoneyInput):
    """An amount and a choice of currency, `<name>` and `<name>-currency`; the value is `{"amount", "currency"}`."""

    template_name = "customfields/widgets/money.html"

    def __init__(self, attrs: dict[str, Any] | None = None, currencies: Iterable[str] = ()) -> None:
        super().__init__(attrs)
        self.currencies = list(currencies)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the currencies: those in use first."""
        parts = value if isinstance(value, dict) else {"amount": value}
        context = super().get_context(name, parts.get("amount"), attrs)
        chosen = parts.get("currency") or (self.currencies[0] if self.currencies else "USD")
        codes = list(dict.fromkeys([*self.currencies, *CURRENCIES, chosen]))
        return {**context, "currencies": codes, "chosen": chosen}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return amount and currency; a stored value is taken as it is."""
        value = data.get(name)
        if isinstance(value, dict):
            return value
        currency = data.get(f"{name}-currency") or ""
        return {"amount": plain_amount(value or "", currency), "currency": currency}
