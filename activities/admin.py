"""Activities and tasks in the admin, saved by the same services as the pages (U5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import BinFilter, CrmAdmin, ReadOnlyAdmin, RecordAdmin, RowsInline
from crm.kernel.core.changes import Actor

from .mail.services.templates import archive_template, edit_template
from .models import (
    Activity,
    ActivityContact,
    ActivityMention,
    Attachment,
    EmailTemplate,
    MailBlock,
    OutgoingMail,
    Task,
)
from .services.changing import bin_activity, edit_activity, restore_activity
from .services.task_changes import bin_task, edit_task, restore_task


class ByBeginning(RecordAdmin):
    """Records without a search column: found by the beginning of their words."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find by the beginning of `search_fields`."""
        return super(RecordAdmin, self).get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: what people do and plan is written down on the pages, with its links."""
        return False


class PersonInline(RowsInline):
    """Contacts of an activity."""

    model = ActivityContact


class MentionInline(RowsInline):
    """Colleagues mentioned in a note."""

    model = ActivityMention


@admin.register(Activity)
class ActivityAdmin(ByBeginning):
    """Calls, e-mails, meetings, notes and system entries."""

    list_display = ("at", "type", "subject", "user", "company", "deal", "completed_at")
    list_filter = (BinFilter, "type", "outcome")
    list_select_related = ("user", "company", "deal")
    search_fields = ("subject__istartswith",)
    fields = (
        "type", "subject", "body", "duration", "direction", "outcome", "user", "company", "deal", "at",
        "scheduled_at", "scheduled_on", "completed_at", "pinned_at", "system",
    )  # fmt: skip
    readonly_fields = (
        "type", "user", "company", "deal", "at", "scheduled_at", "scheduled_on", "completed_at", "pinned_at", "system",
    )  # fmt: skip
    inlines = (PersonInline, MentionInline)
    ordering = ("-id",)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Activity:
        """Change an activity by its service."""
        return edit_activity(activity_id=pk, changes=values, actor=self.actor(request))

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put activities into the bin."""
        return len([bin_activity(activity_id=pk, actor=actor) for pk in ids])

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring activities back."""
        return len([restore_activity(activity_id=pk, actor=actor) for pk in ids])


@admin.register(Task)
class TaskAdmin(ByBeginning):
    """Tasks."""

    list_display = ("title", "assignee", "due_on", "due_at", "priority", "done_at")
    list_filter = (BinFilter, "type", "priority", "assignee")
    list_select_related = ("assignee",)
    search_fields = ("title__istartswith",)
    fields = (
        "title", "notes", "type", "priority", "assignee", "due_on", "due_at", "remind_at", "reminded_at", "contact",
        "company", "deal", "done_at", "done_by", "created_by",
    )  # fmt: skip
    readonly_fields = (
        "assignee", "due_on", "due_at", "remind_at", "reminded_at", "contact", "company", "deal", "done_at",
        "done_by", "created_by",
    )  # fmt: skip
    ordering = ("-id",)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Task:
        """Change a task by its service."""
        return edit_task(task_id=pk, changes=values, actor=self.actor(request))

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put tasks into the bin."""
        return len([bin_task(task_id=pk, actor=actor) for pk in ids])

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring tasks back."""
        return len([restore_task(task_id=pk, actor=actor) for pk in ids])


@admin.register(ActivityContact, ActivityMention)
class LinkAdmin(ReadOnlyAdmin):
    """Links of activities; they are changed with their activity."""

    list_display = ("id", "activity")
    list_select_related = ("activity",)
    ordering = ("-id",)


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files on records; the record's page adds, renames and removes them."""

    list_display = ("name", "content_type", "size", "uploaded_by", "created_at")
    list_filter = (BinFilter, "content_type")
    list_select_related = ("uploaded_by",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(EmailTemplate)
class EmailTemplateAdmin(CrmAdmin):
    """Templates, changed and archived by their services."""

    list_display = ("name", "subject", "shared", "marketing", "owner", "archived_at")
    list_filter = ("shared", "marketing")
    list_select_related = ("owner",)
    search_fields = ("name__istartswith",)
    fields = ("name", "subject", "text", "html", "marketing", "shared", "owner", "archived_at")
    readonly_fields = ("owner", "archived_at")
    actions = ("archive",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the page of templates knows the merge fields."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: they are archived, since mails name them."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save by the service."""
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_template(template_id=obj.pk, values=values, actor=self.actor(request))
        obj.refresh_from_db()

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen templates out of use."""
        ids = list(queryset.live().values_list("pk", flat=True))
        for pk in ids:
            archive_template(template_id=pk, actor=self.actor(request))
        self.told(request, len(ids), _("Archived: %(count)d"))


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """Mails on their way out; the page of outgoing mail stops them and tries them again."""

    list_display = ("subject", "to_address", "state", "attempts", "created_at", "sent_at")
    list_filter = ("state", "automatic", "marketing")
    search_fields = ("to_address__istartswith",)
    ordering = ("-id",)


@admin.register(MailBlock)
class MailBlockAdmin(ReadOnlyAdmin):
    """Addresses that get no mail; their page blocks and lifts."""

    list_display = ("address", "reason", "note", "at")
    list_filter = ("reason",)
    search_fields = ("address__istartswith",)
    ordering = ("-id",)
