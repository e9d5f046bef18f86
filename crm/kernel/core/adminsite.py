"""The admin: a window on every table for people with the settings right, through the same doors as the pages (U5).

Each POST is one change-set with source `admin`. Records are saved by their services; what has no service is saved as it
is, under the same change-set. Nothing here counts big tables.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, Value
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.csp import CSP
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csp import csp_override

from .changes import Actor, changeset
from .errors import Refused
from .fields import Fold

MOST_COUNTED = 10_000
# The change list has one inline style; it carries the nonce.
POLICY: dict[str, Any] = {**settings.SECURE_CSP, "style-src": [CSP.SELF, CSP.NONCE], "img-src": [CSP.SELF, "data:"]}


class CrmAdminSite(admin.AdminSite):
    """Asks for the settings right, signs in by the product's own page, and has a content security policy of its own."""

    site_header = gettext_lazy("Administration")
    site_title = gettext_lazy("Administration")
    index_title = gettext_lazy("All tables")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Add the policy with the nonce to every page of the admin."""
        return csp_override(POLICY)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send strangers to the sign-in; whoever is in but has no right gets a 403."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied("The admin needs the settings right.")
        return redirect_to_login(request.GET.get("next", request.get_full_path()))


class CappedPaginator(Paginator):
    """Counts at most 10,000 rows, so that a big table costs no more than a small one."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most 10,000."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return int(rows.order_by().values("pk")[:MOST_COUNTED].count())
        return len(rows)


class CrmAdmin(admin.ModelAdmin):
    """Base of all our admin pages."""

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 50
    save_on_top = False

    def actor(self, request: HttpRequest) -> Actor:
        """Return who acts."""
        return Actor.of(request.user, source="admin")

    def _in_one_change_set(self, view: Any, request: HttpRequest, *args: Any) -> HttpResponseBase:
        """Run a page of Django's admin under one change-set; a rule that refuses becomes a message."""
        if request.method != "POST":
            return view(request, *args)
        try:
            with changeset(self.actor(request), "admin.change"):
                return view(request, *args)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(request.get_full_path())

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Add or change one row."""
        return self._in_one_change_set(super().changeform_view, request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Delete one row."""
        return self._in_one_change_set(super().delete_view, request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """List rows and run actions."""
        return self._in_one_change_set(super().changelist_view, request, extra_context)

    def told(self, request: HttpRequest, count: int, words: Any) -> None:
        """Say how many rows an action changed."""
        messages.success(request, words % {"count": count})


class ReadOnlyAdmin(CrmAdmin):
    """Rows that nobody writes by hand: history, change-sets, events, runs."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: they can be looked at."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False


class RecordAdmin(CrmAdmin):
    """Business records: found by name, saved by their services, put into the bin and never deleted here (R8)."""

    record_readonly: ClassVar[tuple[str, ...]] = (
        "id", "created_at", "updated_at", "version", "binned_at", "import_source", "external_id",
    )  # fmt: skip
    actions = ("put_into_bin", "restore")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show where the record comes from without letting anybody type it."""
        return (*super().get_readonly_fields(request, obj), *self.record_readonly)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: records go to the bin."""
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find by fragments of the folded search column, which has an index."""
        for word in search_term.split():
            queryset = queryset.filter(search_text__contains=Fold(Value(word)))
        return queryset, False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save by the service: the typed values of the fields that were changed."""
        typed = {name: form.cleaned_data[name] for name in form.changed_data}
        saved = self.edit(request, obj.pk, typed) if change else self.create(request, form.cleaned_data)
        obj.pk = saved.pk
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save nothing but let the form sets know: rows that belong to a record are saved with it by its service."""
        for formset in formsets:
            formset.save(commit=False)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Any:
        """Change a record by its service."""
        raise NotImplementedError

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Any:
        """Make a record by its service."""
        raise NotImplementedError

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put records into the bin by their service and return how many."""
        raise NotImplementedError

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring records back by their service and return how many."""
        raise NotImplementedError

    @admin.action(description=gettext_lazy("Put into the bin"))
    def put_into_bin(self, request: HttpRequest, queryset: Any) -> None:
        """Put the chosen records into the bin."""
        ids = list(queryset.live().values_list("pk", flat=True))
        self.told(request, self.bin_records(ids, self.actor(request)), _("Put into the bin: %(count)d"))

    @admin.action(description=gettext_lazy("Restore from the bin"))
    def restore(self, request: HttpRequest, queryset: Any) -> None:
        """Bring the chosen records back."""
        ids = list(queryset.binned().values_list("pk", flat=True))
        self.told(request, self.restore_records(ids, self.actor(request)), _("Restored: %(count)d"))


class BinFilter(admin.SimpleListFilter):
    """Live records, or those in the bin."""

    title = gettext_lazy("bin")
    parameter_name = "bin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the bin beside the live records, which are the default."""
        return [("1", gettext_lazy("In the bin")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        """Call the default what it is."""
        for number, choice in enumerate(super().choices(changelist)):
            yield choice | {"display": _("Live")} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return live records unless something else is asked for."""
        if self.value() == "all":
            return queryset
        return queryset.binned() if self.value() == "1" else queryset.live()


class RowsInline(admin.TabularInline):
    """Rows that belong to a record, to be looked at: its service changes them."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False
