"""Import runs: which file, how its columns are read, how far it is, and what was wrong with which row."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.runs import Run


class ImportRun(Run):
    """One file on its way into the workspace.

    `rows_done` is the resume point: it is committed together with the rows that it counts, so that a run that dies
    goes on where it stopped and doubles nothing. All its transactions share one change-set, `changeset_id` (H2).
    `mapping` holds, per column of the file, the keys of the fields that it fills. Not history: a run is no record.
    """

    class State(models.TextChoices):
        """Where the run stands."""

        READING = "reading", _("Being read")
        DRAFT = "draft", _("Being prepared")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    class Mode(models.TextChoices):
        """What happens to rows that are new and to rows that are known."""

        UPSERT = "upsert", _("Add new ones and update known ones")
        CREATE = "create", _("Add new ones only")
        UPDATE = "update", _("Update known ones only")

    AT_WORK: ClassVar[tuple[str, ...]] = (State.READING, State.CHECKING, State.RUNNING, State.UNDOING)

    kind = models.CharField(_("kind"), max_length=20)
    user = models.ForeignKey("users.User", models.PROTECT, related_name="imports", verbose_name=_("person"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    file_name = models.CharField(_("file"), max_length=255)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    digest = models.CharField(max_length=64, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20)
    delimiter = models.CharField(_("divided by"), max_length=1)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.UPSERT)
    match_key = models.CharField(_("known by"), max_length=30, blank=True)
    overwrite = models.BooleanField(_("overwrite"), default=False)
    source = models.CharField(_("where the file comes from"), max_length=60, blank=True)
    options = models.JSONField(default=dict)
    stage = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="importrun_newest"),
            models.Index(
                fields=["leased_until"],
                name="importrun_at_work",
                condition=Q(state__in=("reading", "checking", "running", "undoing")),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def path(self) -> Path:
        """Where the uploaded file lies."""
        return self.folder() / f"{self.pk}.csv"

    @staticmethod
    def folder() -> Path:
        """Where uploaded files lie until `keeping.clean_up` removes them."""
        return Path(settings.VAR_DIR) / "files" / "imports"

    @property
    def has_file(self) -> bool:
        """True while the uploaded file is kept: it can be resumed, and rows left out can be fetched."""
        return self.path.is_file()

    @property
    def editable(self) -> bool:
        """True while columns and options may still be changed: before anything was written."""
        return self.state in (self.State.DRAFT, self.State.CHECKED)

    @property
    def unread(self) -> bool:
        """True for a workbook that nobody could read."""
        return self.state == self.State.FAILED and not self.header

    @property
    def discardable(self) -> bool:
        """True while nothing was written, so that it may be thrown away."""
        return self.editable or self.unread or self.state == self.State.READING


class ImportProblem(models.Model):
    """What was wrong with a row: found by the check before anything is written, or met by the run."""

    class Phase(models.TextChoices):
        """When it was found."""

        CHECK = "check", _("Check")
        RUN = "run", _("Run")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="problems")
    phase = models.CharField(max_length=5, choices=Phase.choices)
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=200, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    message = models.CharField(_("what is wrong"), max_length=400)
    refused = models.BooleanField(_("row left out"), default=True)

    class Meta:
        verbose_name = _("problem of an import")
        verbose_name_plural = _("problems of imports")
        indexes = [models.Index(fields=["run", "phase", "row"], name="importproblem_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.message}"


class ImportMapping(models.Model):
    """How the columns of a file with this heading were read the last time, offered again at the next one."""

    kind = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=list)
    settings = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered columns")
        verbose_name_plural = _("remembered columns")
        constraints = [models.UniqueConstraint(fields=["kind", "fingerprint"], name="importmapping_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint[:8]}"
