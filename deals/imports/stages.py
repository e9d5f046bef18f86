"""Which stage a word in a file means: by its name, by what it says of the end, or as decided by hand (P2)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.parsers import CellError
from deals.models import Pipeline, Stage

WON = frozenset(
    [
        "won",
        "closed won",
        "closedwon",
        "win",
        "success",
        "successful",
        "sold",
        "gewonnen",
        "vundet",
        "gagné",
        "ganado",
        "ordered",
        "signed",
    ]
)
LOST = frozenset(
    [
        "lost",
        "closed lost",
        "closedlost",
        "loss",
        "dead",
        "abandoned",
        "rejected",
        "verloren",
        "tabt",
        "perdu",
        "perdido",
        "cancelled",
        "declined",
    ]
)
# Words for how far an open deal is, from the beginning (0) to the end (1) of the open stages.
DEPTH = (
    (0.0, ("prospect", "new", "lead", "qualif", "appointment", "identif", "open", "contact", "backlog")),
    (0.34, ("engag", "discover", "meeting", "demo", "analysis", "need", "scop", "develop", "interest", "presentation")),
    (0.67, ("propos", "quote", "offer", "pricing", "evaluat", "trial", "decision")),
    (1.0, ("negotiat", "contract", "commit", "verbal", "review", "closing", "legal", "final")),
)


class StageFinder:
    """Finds stages of one pipeline by word. `decided` maps words to a stage's id or name, or to `won` and `lost`."""

    def __init__(self, pipeline: Pipeline, decided: dict[str, str]) -> None:
        self.pipeline = pipeline
        self.stages = list(Stage.objects.usable().filter(pipeline=pipeline).order_by("position"))
        self.decided = {word.casefold(): choice for word, choice in decided.items() if choice}

    @property
    def first(self) -> Stage:
        """The stage in which deals begin."""
        return next(stage for stage in self.stages if stage.is_open)

    def find(self, word: str) -> Stage:
        """Return the stage meant by a word; raises CellError for one that nobody has decided about."""
        choice = self.decided.get(word.casefold(), word)
        found = self._named(choice)
        if found is None:
            raise CellError(_("There is no stage “%(name)s”. Match it to one of yours.") % {"name": word[:80]})
        return found

    def _named(self, word: str) -> Stage | None:
        plain = word.casefold()
        for stage in self.stages:
            if plain in (stage.name.casefold(), str(stage.pk)):
                return stage
        kind = Stage.Kind.WON if plain in WON else Stage.Kind.LOST if plain in LOST else None
        return next((stage for stage in self.stages if stage.kind_of == kind), None) if kind else None

    def guess(self, word: str) -> Stage | None:
        """Return what a word probably means, to be looked at by a person."""
        exact = self._named(self.decided.get(word.casefold(), word))
        if exact is not None:
            return exact
        plain = word.casefold()
        opened = [stage for stage in self.stages if stage.is_open]
        for depth, words in DEPTH:
            if any(each in plain for each in words) and opened:
                return opened[round(depth * (len(opened) - 1))]
        return None

    def guesses(self, words: Iterable[str]) -> dict[str, Stage]:
        """Return a guess for each open word: stages of their own as far as there are enough, in their order."""
        return {word: stage for word in words if (stage := self.guess(word)) is not None}


def pipeline_of(options: dict[str, Any]) -> Pipeline:
    """Return the pipeline that a run puts deals into: the chosen one, by id or name, else the first."""
    usable: Sequence[Pipeline] = list(Pipeline.objects.usable())
    wanted = str(options.get("pipeline") or "").casefold()
    for pipeline in usable:
        if wanted in (str(pipeline.pk), pipeline.name.casefold()):
            return pipeline
    if wanted or not usable:
        raise CellError(_("There is no such pipeline."))
    return usable[0]
