"""What can be done to many records of whatever kind: owner, tags, fields, the bin. Apps derive and name their service."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.kernel.core.changes import Actor
from crm.kernel.core.widgets import TagsInput
from crm.kernel.listing.filters import suggested_tags
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User

from .models import BulkRun
from .registry import Applied, BulkAction, BulkForm, Words

MOST_TAGS = 50
TAG_LENGTH = 50


# Owner ------------------------------------------------------------------------------------------------------------


class OwnerField(forms.ModelChoiceField):
    """A colleague. Nobody is a choice of its own where it is allowed: a hasty Enter must not take rows from all owners."""

    NOBODY: ClassVar[str] = "none"
    nobody: bool = False

    class iterator(ModelChoiceIterator):  # noqa: N801  Django's name
        """The empty choice, nobody, the colleagues."""

        field: Any

        def __iter__(self) -> Iterator[Any]:
            choices = super().__iter__()
            yield next(choices)
            if isinstance(self.field, OwnerField) and self.field.nobody:
                yield OwnerField.NOBODY, _("Nobody")
            yield from choices

    def clean(self, value: Any) -> User | None:
        """Return the colleague, None for nobody; raises ValidationError where neither is chosen."""
        return None if self.nobody and value == self.NOBODY else super().clean(value)


class OwnerForm(BulkForm):
    """Whose they are to be."""

    owner = OwnerField(
        label=gettext_lazy("New owner"), queryset=User.objects.none(), empty_label=gettext_lazy("Choose a colleague")
    )
    nobody: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.nobody, field.queryset = self.nobody, User.objects.owners()


class AssignAction(BulkAction):
    """Give records to somebody. The new owner is told once, not record by record."""

    key = "assign"
    label = gettext_lazy("Change owner")
    short = gettext_lazy("Owner")
    said = gettext_lazy("changed the owner of many records")
    icon = "user-round"
    order = 10
    submit = gettext_lazy("Change owner")
    form = OwnerForm
    field: ClassVar[str] = "owner"
    told: ClassVar[Words] = gettext_lazy("%(who)s gave you %(count)d records")

    def summary(self, values: Mapping[str, Any]) -> str:
        """Return who gets them."""
        person = values[self.field]
        return _("Owner: %(name)s") % {"name": person.name if person else _("Nobody")}

    def finished(self, run: BulkRun, values: Mapping[str, Any], actor: Actor) -> None:
        """Tell the new owner."""
        person, count = values[self.field], run.count("done")
        if person is None or person.pk == actor.id or not count or person.state != User.State.ACTIVE:
            return
        with override(person.locale):
            text = str(self.told) % {"who": actor.user.name, "count": count}
        notify([Note(user_id=person.pk, topic="bulk_given", text=text, key=f"bulk:{run.pk}")])


# Tags -------------------------------------------------------------------------------------------------------------


class TagForm(BulkForm):
    """Which tags."""

    tags = forms.Field(label=gettext_lazy("Tags"), widget=TagsInput)
    rows: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget: Any = self.fields["tags"].widget
        widget.suggestions = lambda: suggested_tags(self.rows.visible_to(self.actor).live())

    def clean_tags(self) -> list[str]:
        """Return the tags, each once; raises ValidationError for one that is too long."""
        tags = list(dict.fromkeys(word for each in self.cleaned_data["tags"] or () if (word := " ".join(each.split()))))
        if not tags:
            raise ValidationError(_("Type at least one tag."))
        if any(len(tag) > TAG_LENGTH or "\x00" in tag for tag in tags):
            raise ValidationError(_("Keep a tag to %(most)d characters.") % {"most": TAG_LENGTH})
        return tags


class _TagsAction(BulkAction):
    """Base of adding and removing tags: `write_tags` stores each record's new list."""

    form = TagForm

    def bind(self, data: Any, actor: Actor) -> BulkForm:
        """Return the form, with the tags in use as suggestions."""
        kind = type("TagForm", (self.form,), {"rows": self.model._default_manager.all()})
        form: BulkForm = kind(data, actor=actor)
        return form

    def summary(self, values: Mapping[str, Any]) -> str:
        """Return the tags."""
        return f"{self.label}: {', '.join(values['tags'])}"

    def present(self, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        """Return the tags of records, locked."""
        rows = self.rows().filter(pk__in=ids).order_by("pk").locked()
        return dict(rows.values_list("pk", "tags"))

    def wanted(self, present: list[str], tags: list[str]) -> list[str]:
        """Return a record's new tags."""
        raise NotImplementedError

    def apply(self, ids: Sequence[UUID], values: Mapping[str, Any], actor: Actor) -> Applied:
        """Store the new tags of those that do not have them already."""
        new = {pk: self.wanted(tags, values["tags"]) for pk, tags in self.present(ids).items()}
        return self.write_tags(new, actor)

    def write_tags(self, tags: Mapping[UUID, list[str]], actor: Actor) -> Applied:
        """Store the tags of records through their service; return those that changed."""
        raise NotImplementedError


class TagAction(_TagsAction):
    """Add tags."""

    key = "tag"
    label = gettext_lazy("Add tags")
    short = gettext_lazy("Tag")
    said = gettext_lazy("tagged many records")
    icon = "tag"
    order = 20
    submit = gettext_lazy("Add tags")

    def wanted(self, present: list[str], tags: list[str]) -> list[str]:
        """Return the tags with the new ones at the end."""
        return list(dict.fromkeys([*present, *tags]))

    def refusals(self, records: Sequence[Any], values: Mapping[str, Any], actor: Actor) -> dict[UUID, str]:
        """Refuse records that would have too many."""
        words = _("It would have more than %(most)d tags.") % {"most": MOST_TAGS}
        return {each.pk: words for each in records if len(self.wanted(each.tags, values["tags"])) > MOST_TAGS}


class UntagAction(_TagsAction):
    """Remove tags."""

    key = "untag"
    label = gettext_lazy("Remove tags")
    short = gettext_lazy("Remove tags")
    said = gettext_lazy("removed tags from many records")
    icon = "tag"
    order = 60
    submit = gettext_lazy("Remove tags")

    def wanted(self, present: list[str], tags: list[str]) -> list[str]:
        """Return the tags without these, whatever their case."""
        gone = {tag.casefold() for tag in tags}
        return [tag for tag in present if tag.casefold() not in gone]


# Fields -----------------------------------------------------------------------------------------------------------


class EditForm(BulkForm):
    """Which fields, and their new values. An empty value empties the field.

    `offered` holds all fields that may be set, by name; only those in `field` are on the form. `add` adds one more.
    """

    template = "bulk/_edit.html"
    offered: Mapping[str, forms.Field] = {}

    def __init__(self, data: Any = None, *, actor: Actor, **kwargs: Any) -> None:
        super().__init__(data, actor=actor, **kwargs)
        asked = data.getlist("field") if hasattr(data, "getlist") else []
        if data and data.get("step") == "add":
            asked = [*asked, data.get("add", "")]
        dropped = data.get("drop") if data else None
        self.chosen = [name for name in dict.fromkeys(asked) if name in self.offered and name != dropped]
        for name in self.chosen:
            self.fields[name] = self.offered[name]
        # another field was asked for: what is on the form is kept, and not judged yet
        self.growing = bool(data) and data.get("step") != "go" and "step" in data
        if self.growing or not self.chosen:
            self.initial = {
                name: self.fields[name].widget.value_from_datadict(data or {}, {}, name) for name in self.chosen
            }
        if self.growing:
            self.is_bound = False

    @property
    def others(self) -> list[tuple[str, Any]]:
        """The fields that are not on the form yet."""
        return [(name, field.label) for name, field in self.offered.items() if name not in self.chosen]

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError unless a field is chosen."""
        if not self.chosen:
            raise ValidationError(_("Choose a field to change."))
        return {**self.cleaned_data}


class EditAction(BulkAction):
    """Set fields to the same values everywhere."""

    key = "edit"
    label = gettext_lazy("Edit fields")
    short = gettext_lazy("Edit")
    said = gettext_lazy("edited many records")
    icon = "pencil"
    order = 30
    submit = gettext_lazy("Change")
    form = EditForm

    def offered(self, actor: Actor) -> dict[str, forms.Field]:
        """Return the form fields that may be set, by name."""
        raise NotImplementedError

    def bind(self, data: Any, actor: Actor) -> BulkForm:
        """Return the form with the chosen fields."""
        kind = type("EditForm", (self.form,), {"offered": self.offered(actor)})
        form: BulkForm = kind(data, actor=actor)
        return form

    def summary(self, values: Mapping[str, Any]) -> str:
        """Return the fields that are set."""
        return _("Fields: %(names)s") % {"names": ", ".join(sorted(values))}


# The bin ----------------------------------------------------------------------------------------------------------


class RestoreAction(BulkAction):
    """Take records out of the bin (R8)."""

    key = "restore"
    label = gettext_lazy("Restore")
    short = gettext_lazy("Restore")
    said = gettext_lazy("restored many records")
    icon = "undo-2"
    verb = "delete"
    submit = gettext_lazy("Restore")
    in_bin = True


class DeleteAction(BulkAction):
    """Put records into the bin (R8)."""

    key = "delete"
    label = gettext_lazy("Delete")
    short = gettext_lazy("Delete")
    said = gettext_lazy("put many records into the bin")
    icon = "trash-2"
    order = 90
    verb = "delete"
    submit = gettext_lazy("Put into the bin")
    danger = True
