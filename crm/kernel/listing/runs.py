"""Long work for the worker: a run is held under a lease, tells how far it is, can be stopped and goes on where it was.

Imports, bulk actions and exports are runs. Correctness never depends on the broker: a run that should be at work and
that no worker holds is found by a sweep. To add a kind: derive a model from `Run`, say with `register_work` what a
worker does with it, and let the service that begins it call `hand_over`.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.ids import uuid7
from crm.kernel.core.models import Keyed, Rows
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.events.models import Event
from crm.kernel.events.tasks import run_later

log = logging.getLogger(__name__)
LEASE = dt.timedelta(minutes=2)
TASK = "crm.kernel.listing.tasks.work_on_run"


class LeaseLostError(Exception):
    """Another worker has taken the run over, or somebody has stopped it: this one writes nothing more."""


class RunRows(Rows):
    """Query verbs for runs."""

    def visible_to(self, who: Any) -> Self:
        """Return one's own runs; all of them for whoever may change the settings."""
        if who.may("settings"):
            return self.all()
        return self.filter(user_id=getattr(who, "pk", None) or who.id)

    def abandoned(self) -> Self:
        """Return runs that should be at work but that no worker holds any more: it was killed, or never told."""
        return self.filter(state__in=self.model.AT_WORK).filter(
            Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now())
        )


class Run(Keyed):
    """One piece of long work of one person. `rows_done` of `rows_total` says how far it is.

    `changeset_id` is the one change-set of all its transactions (H2). Not history: a run is no record.
    """

    AT_WORK: ClassVar[tuple[str, ...]] = ("running",)

    class State(models.TextChoices):
        """Where the run stands."""

        RUNNING = "running", gettext_lazy("Running")
        STOPPED = "stopped", gettext_lazy("Stopped")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    user = models.ForeignKey("users.User", models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    state = models.CharField(gettext_lazy("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    rows_total = models.PositiveIntegerField(gettext_lazy("rows"), default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    changeset_id = models.UUIDField(default=uuid7, editable=False)
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RunRows.as_manager()

    class Meta:
        abstract = True

    @property
    def at_work(self) -> bool:
        """True while a worker is, or should be, busy with it."""
        return self.state in self.AT_WORK

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return min(100, 100 * self.rows_done // max(self.rows_total, 1))

    def count(self, name: str) -> int:
        """Return one of the counts."""
        return int(self.counts.get(name, 0))


@dataclass(frozen=True, kw_only=True)
class RunReady(DomainEvent):
    """A run waits for a worker. `subject_id` is its id, `work` the name under which its kind is registered."""

    name: ClassVar[str] = "run.ready"
    kind: ClassVar[str] = "run"

    work: str


Work = Callable[[Any], None]
_works: dict[str, tuple[type[Run], Work]] = {}


def register_work(name: str, model: type[Run], work: Work) -> None:
    """Let a worker call `work(run)` for the runs of a kind that are at work."""
    _works[name] = (model, work)


def hand_over(run: Run, name: str, actor: Actor, state: str = "running") -> None:
    """Set a run to work; the event wakes a worker, and a sweep finds what no message told."""
    run.state, run.lease, run.leased_until, run.finished_at, run.error = state, None, None, None, ""
    run.started_at = timezone.now()
    run.save()
    publish(RunReady(subject_id=run.pk, work=name), actor=actor)


def stop_run(run: Run) -> None:
    """Stop a run after what is being written now; what is written stays. Raises Refused if it is not at work."""
    if not run.at_work:
        raise Refused(_("There is nothing to stop."))
    run.state, run.lease, run.leased_until, run.finished_at = "stopped", None, None, timezone.now()
    run.save()


def check_resumable(run: Run) -> None:
    """Raise Refused unless the run was stopped or has failed."""
    if run.state not in ("stopped", "failed"):
        raise Refused(_("There is nothing to resume."))


def hand_to_worker(event: Event) -> None:
    """Consume `RunReady`: send a task of its own, so that the event is not held for as long as the run takes."""
    run_later(TASK, event.data["work"], str(event.subject_id))


def work_on(name: str, run_id: UUID) -> None:
    """Do what a run asks for, unless another worker does; whatever goes wrong is kept with the run."""
    model, work = _works[name]
    run = model.objects.select_related("user__role", "user__team").filter(pk=run_id).first()
    if run is None or not run.at_work:
        return
    try:
        with in_the_words_of(run.user):
            work(run)
    except LeaseLostError:
        log.info("%s %s is another worker's, or was stopped", name, run_id)
    except Exception:
        log.exception("%s %s failed", name, run_id)
        run.refresh_from_db()
        if run.lease is not None and run.at_work:
            words = _("Something went wrong after %(rows)d rows. Resume goes on from there.") % {"rows": run.rows_done}
            end(run, run.lease, "failed", error=words)
        raise


@contextmanager
def in_the_words_of(user: Any) -> Iterator[None]:
    """Speak a person's language and live in their time zone, as a page of theirs would."""
    with translation.override(user.locale), timezone.override(user.zone):
        yield


def sweep() -> int:
    """Take up every run that no worker holds although it should be at work; return how many there were."""
    found = 0
    for name, (model, _work) in _works.items():
        for run_id in list(model.objects.abandoned().values_list("pk", flat=True)):
            work_on(name, run_id)
            found += 1
    return found


# The lease --------------------------------------------------------------------------------------------------------


def take_lease(run: Run, state: str = "running", length: dt.timedelta = LEASE) -> UUID:
    """Make this worker the one that works on the run, or raise LeaseLostError: another one does, or nobody should."""
    lease = uuid7()
    rows: Any = type(run)._default_manager
    taken = (
        rows.abandoned()
        .filter(pk=run.pk, state=state)
        .update(lease=lease, leased_until=timezone.now() + length, started_at=run.started_at or timezone.now())
    )
    if not taken:
        raise LeaseLostError
    run.refresh_from_db()
    return lease


def extend_lease(run: Run, lease: UUID, **values: Any) -> bool:
    """Go on holding the run and store how far it is; return whether it still is this worker's."""
    mine = type(run)._default_manager.filter(pk=run.pk, lease=lease, state__in=run.AT_WORK)
    return bool(mine.update(leased_until=timezone.now() + LEASE, **values))


def keep_lease(run: Run, lease: UUID, **values: Any) -> None:
    """Go on holding the run and store how far it is, or raise LeaseLostError."""
    if not extend_lease(run, lease, **values):
        raise LeaseLostError


def hold(run: Run, lease: UUID) -> None:
    """Lock the run in the open transaction, or raise LeaseLostError if it is not this worker's any more."""
    mine = type(run)._default_manager.filter(pk=run.pk, lease=lease, state__in=run.AT_WORK)
    done = mine.select_for_update().values_list("rows_done", flat=True).first()
    if done is None or done != run.rows_done:
        raise LeaseLostError


def end(run: Run, lease: UUID, state: str, **values: Any) -> None:
    """Give the run back in a new state."""
    ended = {"finished_at": timezone.now(), **values}
    rows = type(run)._default_manager.filter(pk=run.pk, lease=lease)
    rows.update(state=state, lease=None, leased_until=None, **ended)
    run.refresh_from_db()
