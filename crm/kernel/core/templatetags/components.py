"""Template tags and filters of the design system; loaded in every template without `{% load %}`."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.forms.widgets import ClearableFileInput
from django.http import QueryDict
from django.template.loader import get_template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.kernel.core import formats, html, htmx
from crm.kernel.core.panels import Panel, panels_for

register = template.Library()

register.filter("money", formats.money, is_safe=False)
register.filter("money_short", formats.money_short, is_safe=False)
register.filter("day", formats.day, is_safe=False)
register.filter("short_day", formats.short_day, is_safe=False)
register.filter("when", formats.when, is_safe=False)
register.filter("full_time", formats.full, is_safe=False)
register.filter("ago", formats.ago, is_safe=False)
register.filter("duration", formats.duration, is_safe=False)
register.filter("phone", formats.phone, is_safe=False)
register.filter("toast_parts", htmx.toast_parts)

register.simple_tag(html.icon_html, name="icon")
register.simple_tag(html.sprite, name="sprite_url")
register.simple_tag(html.avatar_html, name="avatar")
register.simple_tag(html.org_avatar_html, name="org_avatar")

WRITTEN = {"ago": formats.ago, "day": formats.day, "when": formats.when, "short_day": formats.short_day}


@register.simple_tag
def timestamp(value: Any, style: str = "when") -> SafeString | str:
    """Return a `<time>` element written as `style` (ago, day, when, short_day), in full on hover."""
    if not value:
        return ""
    written = WRITTEN[style](value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), formats.full(value), written)


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """Return keys as caps: `{% kbd "G D" %}`."""
    caps = format_html_join("", '<span class="kbd">{}</span>', ((key,) for key in keys.split()))
    return format_html('<span class="keys">{}</span>', caps) if " " in keys else caps


@register.simple_tag(takes_context=True)
def panels(context: template.Context, slot: str, obj: Any = None) -> SafeString:
    """Render everything that apps registered for a place; `obj` and `panel` are known inside."""
    request = context["request"]
    return SafeString("".join(render_panel(context, panel, obj) for panel in panels_for(slot, request.user, obj)))


@register.simple_tag(takes_context=True)
def panel_list(context: template.Context, slot: str, obj: Any = None) -> list[Panel]:
    """Return the panels of a place, for a row of tabs: `{% panel_list "contact.tabs" contact as tabs %}`."""
    return panels_for(slot, context["request"].user, obj)


@register.simple_tag(takes_context=True, name="panel")
def one_panel(context: template.Context, panel: Panel, obj: Any = None) -> SafeString:
    """Render one panel of `panel_list`."""
    return SafeString(render_panel(context, panel, obj))


def render_panel(context: template.Context, panel: Panel, obj: Any) -> str:
    """Render a panel's template inside the page's context."""
    values = {"panel": panel, "obj": obj}
    if panel.context is not None:
        values |= panel.context(context["request"], obj)
    with context.push(**values):
        loaded: Any = get_template(panel.template)
        return str(loaded.template.render(context))


CONTROL_CLASSES: tuple[tuple[Any, str], ...] = (
    ((CheckboxInput, RadioSelect, CheckboxSelectMultiple), "check"),
    (Select, "select"),
    (Textarea, "textarea"),
    (ClearableFileInput, "input input-file"),
)


def control_class(field: BoundField) -> str:
    """Return the classes of a form field's control, joined to those that its widget already has."""
    widget = field.field.widget
    own = widget.attrs.get("class", "")
    kind = next((name for types, name in CONTROL_CLASSES if isinstance(widget, types)), "input")
    if kind == "check" and "switch" in own.split():
        return str(own)
    return f"{kind} {own}".strip()


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """Render a form field: label, control, hint and error, tied together for screen readers.

    Options: `label` (other words), `hint`, `sr_label=True` (label for screen readers only), `optional=True` (says so
    beside the label), `autofocus=True`, and any attribute of the control with `_` for `-` (`placeholder`, `data_x`).
    """
    known = {name: options.pop(name, None) for name in ("label", "hint", "sr_label", "optional", "css")}
    widget = bound.field.widget
    attrs = {name.replace("_", "-"): value for name, value in options.items()}
    hint = known["hint"] or bound.help_text
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    if group:
        widget.attrs.setdefault("class", "check")  # the choices are drawn one by one, from the widget's own attributes
    attrs["class"] = control_class(bound) + (" input-lg" if "field-lg" in (known["css"] or "") else "")
    if hint and not bound.help_text and bound.auto_id:
        ids = [f"{bound.auto_id}_helptext", *([f"{bound.auto_id}_error"] if bound.errors else [])]
        attrs["aria-describedby"] = " ".join(ids)
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": known["label"] or bound.label,
        "hint": hint,
        "sr_label": known["sr_label"],
        "optional": known["optional"] if known["optional"] is not None else not bound.field.required,
        "css": known["css"] or "",
        "group": group,
        "line": isinstance(widget, CheckboxInput),
    }


@register.simple_tag
def password_control(bound: BoundField, form_errors: Any = None) -> SafeString:
    """Return a password's input for `components/password.html`; an error of the whole form marks it as well."""
    attrs: dict[str, str | bool] = {"class": f"{control_class(bound)} input-lg", "placeholder": ""}
    if form_errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": "form-errors"}
    return bound.as_widget(attrs=attrs)


@register.filter
def browser(user_agent: str) -> str:
    """Return a browser's name and system in words: `Firefox on Windows`."""
    return formats.browser(user_agent)


@register.filter
def svg_only(document: str) -> SafeString:
    """Return the `<svg>` element of a document that a library drew, without its declaration."""
    start = document.find("<svg")
    return SafeString(document[start:] if start >= 0 else "")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the page's query string with some values changed, for links; None or nothing removes one."""
    params: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        elif isinstance(value, list | tuple):
            params.setlist(name, [str(each) for each in value])
        else:
            params[name] = str(value)
    return "?" + params.urlencode()
