"""Two records that a person wants to merge although nobody has found them alike: chosen by hand, or ticked on a list (M3)."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Company, Contact
from crm.kernel.core.access import flag_required
from crm.kernel.core.htmx import is_fragment, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.widgets import TypeaheadInput
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.pages import bad_query_response
from crm.kernel.listing.selection import Selection

MODELS: dict[str, type[Any]] = {"contact": Contact, "company": Company}


class OtherForm(forms.Form):
    """The record with which another one is merged; `cleaned_data["other"]` is the record."""

    other = forms.CharField(label=gettext_lazy("Merge with"))

    def __init__(self, *args: Any, rows: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows, self.record = rows, record
        field = self.fields["other"]
        field.error_messages["required"] = _("Choose a record from the list.")
        field.widget = TypeaheadInput(f"contacts:{record.kind}_options", label_for=self._name)

    def _found(self, value: Any) -> Any:
        try:
            return self.rows.filter(pk=UUID(str(value))).first()
        except ValueError:
            return None

    def _name(self, value: Any) -> str:
        found = self._found(value)
        return found.name if found else ""

    def clean_other(self) -> Any:
        """Return the record; raises ValidationError for one that is not there, and for the same one."""
        found = self._found(self.cleaned_data["other"])
        if found is None:
            raise ValidationError(_("Choose a record from the list."))
        if found.pk == self.record.pk:
            raise ValidationError(_("It cannot be merged with itself."))
        return found


@flag_required("merge")
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_pick(request: Request, kind: str, first: UUID) -> HttpResponseBase:
    """Ask with which other record this one is to be merged, and lead to the comparison of both."""
    if kind not in MODELS:
        raise Http404("No such kind.")
    rows = MODELS[kind].objects.visible_to(request.actor).live()
    record = get_object_or_404(rows, pk=first)
    form = OtherForm(request.POST if request.method == "POST" else None, rows=rows, record=record)
    if form.is_valid():
        return redirect("contacts:duplicate_merge", kind, first, form.cleaned_data["other"].pk)
    context = {
        "heading": _("Merge %(name)s") % {"name": record.name},
        "form": form,
        "action": request.path,
        "submit": _("Compare"),
        "cancel": reverse(f"contacts:{kind}_detail", args=[first]),
    }
    template = page_or_fragment(request, "components/form_page.html", {"modal-body": "dialog"})
    return render(request, template, context, status=422 if form.errors else 200)


@flag_required("merge")
@require_POST
def duplicate_ticked(request: Request) -> HttpResponse:
    """Lead to the comparison of the two ticked rows of a list, the older of which is kept; say so if they are not two."""
    try:
        selection = Selection.read(request.POST)
        page = selection.page(request.actor)
    except BadQuery as error:
        return bad_query_response(request, _("Merge"), error)
    kind = next((kind for kind, model in MODELS.items() if model is page.model), None)
    if kind is None:
        raise Http404("No such kind.")
    chosen = selection.rows(request.actor).order_by("created_at", "pk").values_list("pk", flat=True)[:3]
    if len(chosen) == 2:
        return redirect("contacts:duplicate_merge", kind, *chosen)
    toast(request, _("Tick exactly two rows to merge them."), "bad")
    return HttpResponse() if is_fragment(request) else redirect(page.url)
