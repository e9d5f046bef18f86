"""Yes or no, options of a list, and colleagues: what is one of few."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Expression, IntegerField, Q, Value, When
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import parsers
from crm.kernel.core.html import avatar_html
from crm.kernel.core.parsers import Style
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.operators import ALL, ANY, EMPTY, FILLED, IS, IS_NOT, NONE
from crm.kernel.customfields.people import find_people, people

from .base import FieldType, leftover


class Chosen(FieldType):
    """A type of which a value is one of few; each is found through the GIN index."""

    operators: ClassVar[tuple[str, ...]] = (IS, IS_NOT, ANY, NONE, FILLED, EMPTY)

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return the condition for any, or none, of the values."""
        if operator in (FILLED, EMPTY):
            return super().compare(operator, values, column)
        found = Q()
        for value in self.wanted(values):
            found |= self.holding(value, column)
        return ~found if operator in (IS_NOT, NONE) else found


class YesNo(Chosen):
    """Yes or no; nothing is neither."""

    key: ClassVar[str] = CustomField.Type.YES_NO
    label = gettext_lazy("Yes or no")
    icon = "circle-check-big"
    operators: ClassVar[tuple[str, ...]] = (IS, FILLED, EMPTY)

    def read(self, raw: Any, style: Style) -> bool:
        """Return true or false."""
        return raw if isinstance(raw, bool) else bool(parsers.boolean(str(raw), style))

    def control(self, **options: Any) -> forms.Field:
        """Return a choice of three, since nobody has said yet is not no."""
        choices = [("", _("Not said")), ("yes", _("Yes")), ("no", _("No"))]
        return forms.ChoiceField(choices=choices, **options)

    def initial(self, value: Any) -> Any:
        """Return the choice."""
        return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""

    def words_of(self, value: Any) -> str:
        """Return Yes or No."""
        return _("Yes") if value else _("No")

    def sql(self, column: str = "custom") -> Expression:
        """Return 1 for yes, 0 for no."""
        return Case(
            When(self.holding(True, column), then=Value(1)),
            When(self.holding(False, column), then=Value(0)),
            output_field=IntegerField(),
        )


class Options(Chosen):
    """What dropdown and multi-select share: options have a key that stays and a label that people read."""

    has_options = True

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return all options by key, in the order of the menu, retired ones too."""
        return {each["key"]: each["label"] for each in self.field.options}

    def offered(self, kept: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the options that can be chosen; a retired one only where the record holds it already."""
        held = set(kept)
        return [
            (each["key"], each["label"])
            for each in self.field.options
            if not each.get("retired") or each["key"] in held
        ]

    def option(self, raw: Any) -> str:
        """Return the key of the option that a key or a label means, whatever its case.

        A retired option is taken: files and merges carry the past. Forms do not offer it.
        """
        words = str(raw).strip()
        if words in self.labels:
            return words
        wanted = words.casefold()
        for key, label in self.labels.items():
            if wanted in (key.casefold(), label.casefold()):
                return key
        names = ", ".join(label for _key, label in self.offered()[:12])
        raise ValidationError(_("Not one of: %(choices)s.") % {"choices": names})

    def badges(self, keys: list[str]) -> SafeString:
        """Return options as badges."""
        return mark_safe("".join(f'<span class="badge">{escape(self.labels[key])}</span>' for key in keys))


class Dropdown(Options):
    """One of a list of options. It sorts in the order of the menu."""

    key: ClassVar[str] = CustomField.Type.DROPDOWN
    label = gettext_lazy("Dropdown")
    icon = "list"

    def read(self, raw: Any, style: Style) -> str:
        """Return the option's key."""
        if isinstance(raw, list | dict | bool):
            raise ValidationError(_("Choose one from the list."))
        return self.option(raw)

    def control(self, **options: Any) -> forms.Field:
        """Return a select."""
        return forms.ChoiceField(choices=[("", "—"), *self.offered([str(options.get("initial") or "")])], **options)

    def words_of(self, value: Any) -> str:
        """Return the option's label."""
        return self.labels[value]

    def sql(self, column: str = "custom") -> Expression:
        """Return the place of the option in the menu."""
        places = [When(self.holding(key, column), then=Value(place)) for place, key in enumerate(self.labels, 1)]
        return Case(*places, output_field=IntegerField())


class MultiSelect(Options):
    """Several of a list of options, each once, in the order of the menu."""

    key: ClassVar[str] = CustomField.Type.MULTI_SELECT
    label = gettext_lazy("Multi-select")
    icon = "tag"
    operators: ClassVar[tuple[str, ...]] = (ANY, ALL, NONE, FILLED, EMPTY)

    def read(self, raw: Any, style: Style) -> list[str]:
        """Return the keys of the options; a text holds several, divided by semicolons, line breaks or commas."""
        if isinstance(raw, dict | bool):
            raise ValidationError(_("Choose from the list."))
        parts = list(raw) if isinstance(raw, list | tuple) else self._split(str(raw))
        chosen = {self.option(part) for part in parts if str(part).strip()}
        return [key for key in self.labels if key in chosen]

    def _split(self, words: str) -> list[str]:
        """Divide a text into options; a label may hold a comma itself."""
        if words.casefold() in {label.casefold() for label in self.labels.values()}:
            return [words]
        parts = [part.strip() for part in re.split(r"[;\n]", words)]
        known = {each.casefold() for pair in self.labels.items() for each in pair}
        if all(part.casefold() in known for part in parts if part):
            return parts
        return [part.strip() for part in re.split(r"[;,\n]", words)]

    def clean(self, raw: Any, style: Style = Style()) -> Any:  # noqa: B008  a frozen value
        """Return the value to store; no option at all is nothing."""
        return super().clean(raw, style) or None

    def control(self, **options: Any) -> forms.Field:
        """Return a group of check boxes."""
        choices = self.offered(options.get("initial") or ())
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **options)

    def words_of(self, value: Any) -> str:
        """Return the labels, divided by semicolons."""
        return "; ".join(self.labels[key] for key in value)

    def show(self, value: Any) -> str:
        """Return the labels."""
        return ", ".join(self.labels[key] for key in value)

    def html(self, value: Any) -> SafeString:
        """Return the options as badges."""
        if value is None or not self.fits(value):
            return super().html(value)
        return mark_safe(f'<span class="row row-wrap">{self.badges(value)}</span>')

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return the condition for any, all or none of the options."""
        if operator in (FILLED, EMPTY):
            return super().compare(operator, values, column)
        keys = [key for chosen in self.wanted(values) for key in chosen]
        if operator == ALL:
            return self.holding(keys, column)
        found = Q()
        for key in keys:
            found |= self.holding([key], column)
        return ~found if operator == NONE else found


class Person(Chosen):
    """A colleague. Somebody who has left stays in old values and is not offered for new ones."""

    key: ClassVar[str] = CustomField.Type.USER
    label = gettext_lazy("Person")
    icon = "user-round"
    sort = "person"

    def read(self, raw: Any, style: Style) -> str:
        """Return the id of the person whom an id, an e-mail or a name means."""
        if isinstance(raw, list | dict | bool):
            raise ValidationError(_("There is no such colleague."))
        found = find_people(str(getattr(raw, "pk", raw)))
        if not found:
            raise ValidationError(_("There is no such colleague."))
        if len(found) > 1:
            raise ValidationError(_("Several colleagues are called that: type the e-mail address."))
        return found[0].id

    def control(self, **options: Any) -> forms.Field:
        """Return a select of those who can log in, and the present one."""
        kept = str(options.get("initial") or "")
        choices = [(each.id, each.name) for each in people().values() if each.active or each.id == kept]
        return forms.ChoiceField(choices=[("", _("Nobody")), *choices], **options)

    def words_of(self, value: Any) -> str:
        """Return the e-mail, which means one person alone, else the name."""
        person = people().get(value)
        return (person.email or person.name) if person else leftover(value)

    def readings(self, value: Any) -> list[str]:
        """Return the name, and the e-mail."""
        return [self.show(value), self.text(value)]

    def show(self, value: Any) -> str:
        """Return the name."""
        person = people().get(value)
        return person.name if person else leftover(value)

    def html(self, value: Any) -> SafeString:
        """Return avatar and name."""
        if value is None or not self.fits(value):
            return super().html(value)
        name = self.show(value)
        return mark_safe(
            f'<span class="row">{avatar_html(name, value, "xs")}<span class="clip">{escape(name)}</span></span>'
        )

    def sql(self, column: str = "custom") -> Expression:
        """Return the place of the person among all names."""
        places = [
            When(self.holding(person.id, column), then=Value(place)) for place, person in enumerate(people().values())
        ]
        return Case(*places, output_field=IntegerField())
