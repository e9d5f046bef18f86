"""Forms of the import: the upload, and how the rows are treated."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User

from .files import ENCODINGS
from .models import ImportRun
from .registry import importer_of, importers_for

DATES = (("ymd", _("2026-12-31 only")), ("dmy", _("31.12.2026, 31/12/2026")), ("mdy", _("12/31/2026")))
DECIMALS = (("", _("as each number shows")), (".", "1,234.50"), (",", "1.234,50"))
DELIMITERS = ((",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", _("vertical bar")))


class UploadForm(forms.Form):
    """A file, and what its rows are."""

    kind = forms.ChoiceField(label=_("What is in the file"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("CSV or Excel file"),
        max_length=None,
        help_text=_(
            "With a heading. CSV: up to 200 MB and 1,000,000 rows; comma, semicolon, tab; UTF-8, UTF-16, Latin-1. "
            "Excel (XLSX): the first sheet, up to 25 MB."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = importers_for(actor)
        self.fields["kind"].choices = [(each.kind, each.label) for each in kinds]  # type: ignore[attr-defined]


class FormatForm(forms.Form):
    """How the file is encoded and divided, where the guess was wrong."""

    encoding = forms.ChoiceField(label=_("Encoding"))
    delimiter = forms.ChoiceField(label=_("Divided by"), choices=DELIMITERS)

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        kwargs["initial"] = {"encoding": run.encoding, "delimiter": run.delimiter}
        super().__init__(*args, **kwargs)
        known = [(run.encoding, ENCODINGS.get(run.encoding, run.encoding))]
        others = [("utf-8", "UTF-8"), ("cp1252", "Latin-1"), ("utf-16", "UTF-16")]
        labels = {known[0][1]}
        self.fields["encoding"].choices = [*known, *((k, v) for k, v in others if v not in labels)]  # type: ignore[attr-defined]


class OptionsForm(forms.Form):
    """What becomes of known records, and how dates, numbers and missing links are read."""

    existing = forms.ChoiceField(
        label=_("If a record already exists"),
        choices=(
            ("fill", _("Fill in the empty fields only")),
            ("overwrite", _("Overwrite with the file")),
            ("skip", _("Skip the row")),
        ),
        widget=forms.RadioSelect,
    )
    new = forms.BooleanField(label=_("Add rows that are not here yet"), required=False)
    match_key = forms.ChoiceField(label=_("Known by"), required=False)
    source = forms.CharField(
        label=_("Where the file comes from"),
        max_length=60,
        help_text=_("Marks the records together with their ids, so that a later file finds them again."),
    )
    dates = forms.ChoiceField(label=_("Dates as"), choices=DATES)
    decimal = forms.ChoiceField(label=_("Numbers as"), choices=DECIMALS, required=False)
    pipeline = forms.ChoiceField(label=_("Pipeline"), required=False)
    default_owner = forms.ChoiceField(label=_("Owner where the file names none"), required=False)
    create_companies = forms.BooleanField(label=_("Add companies that are not here yet"), required=False)
    create_contacts = forms.BooleanField(label=_("Add contacts that are not here yet"), required=False)
    returning = forms.BooleanField(
        label=_("Leads who are known have come in again"),
        required=False,
        help_text=_("Their timeline says so, and those at rest are new again."),
    )
    title_one = forms.ChoiceField(label=_("Title made of"), required=False)
    title_two = forms.ChoiceField(label=_("and"), required=False)

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        self.run = run
        kwargs["initial"] = self._initial()
        super().__init__(*args, **kwargs)
        importer = importer_of(run.kind)
        keys = {field.key for field in importer.fields}
        self._choose("match_key", importer.match_keys, keep=len(importer.match_keys) > 1)
        self._choose("pipeline", [(c.value, c.label) for c in importer.pipelines()], keep=len(importer.pipelines()) > 1)
        owners = [("", _("The person who imports")), *((str(u.pk), u.name) for u in User.objects.owners())]
        self._choose("default_owner", owners, keep=run.kind in ("deals", "tasks"))
        columns = [("", _("nothing")), *((name, name) for name in run.header)]
        made = "title" in keys and not any("title" in each for each in run.mapping) and run.kind == "deals"
        self._choose("title_one", columns, keep=made)
        self._choose("title_two", columns, keep=made)
        if "company" not in keys:
            del self.fields["create_companies"]
        if "contact_email" not in keys:
            del self.fields["create_contacts"]
        if "lead_status" not in keys:
            del self.fields["returning"]
        sorts = {field.sort for field in importer.fields}
        for name, sort in (("dates", "date"), ("decimal", "money")):
            if sort not in sorts:
                del self.fields[name]

    def _initial(self) -> dict[str, Any]:
        run, options = self.run, self.run.options
        titles = [*options.get("title_from", ()), "", ""]
        return {
            "existing": "skip" if run.mode == "create" else "overwrite" if run.overwrite else "fill",
            "new": run.mode != "update",
            "match_key": run.match_key,
            "source": run.source,
            "dates": options.get("dates") or "dmy",
            "decimal": options.get("decimal", ""),
            "pipeline": options.get("pipeline", ""),
            "default_owner": options.get("default_owner", ""),
            "create_companies": options.get("create_companies", True),
            "create_contacts": options.get("create_contacts", True),
            "returning": options.get("returning", True),
            "title_one": titles[0],
            "title_two": titles[1],
        }

    def _choose(self, name: str, choices: Any, *, keep: bool) -> None:
        if keep:
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
        else:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Refuse to do nothing at all."""
        data = super().clean() or {}
        if data.get("existing") == "skip" and not data.get("new"):
            self.add_error("existing", _("With this, no row would be imported."))
        return data

    def settings(self) -> dict[str, Any]:
        """Return what was chosen, as `save_columns` takes it."""
        data = dict(self.cleaned_data)
        existing, new = data.pop("existing"), data.pop("new")
        mode = ImportRun.Mode.CREATE if existing == "skip" else ImportRun.Mode.UPSERT if new else ImportRun.Mode.UPDATE
        titles = [data.pop(name) for name in ("title_one", "title_two") if data.get(name)]
        data.pop("title_one", None)
        data.pop("title_two", None)
        chosen: dict[str, Any] = {**data, "mode": mode, "overwrite": existing == "overwrite"}
        if "title_one" in self.fields:
            chosen["title_from"] = titles
        return chosen
