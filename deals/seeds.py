"""What a new workspace starts with: the first pipeline (P1) and the list of lost reasons (P0)."""

from typing import Any

STAGES = (
    ("Qualified", "open", 10, "pipeline", 14),
    ("Discovery", "open", 25, "pipeline", 14),
    ("Proposal", "open", 50, "best_case", 10),
    ("Negotiation", "open", 75, "commit", 7),
    ("Closed Won", "won", 100, "commit", 14),
    ("Closed Lost", "lost", 0, "omitted", 14),
)
REASONS = (
    ("Price", False),
    ("Chose a competitor", False),
    ("No budget", False),
    ("No decision", False),
    ("Missing feature", False),
    ("Lost contact", False),
    ("Duplicate", True),
    ("Test or mistake", True),
    ("Not recorded (import)", False),
)


def add_first_pipeline(pipelines: Any, stages: Any, reasons: Any) -> None:
    """Add the first pipeline where there is none, and the reasons that are missing.

    Takes the model classes, so that the migration can pass those of its own time. Call it under a change-set.
    """
    if not pipelines.objects.exists():
        pipeline = pipelines.objects.create(name="Sales", position=0)
        for position, (name, kind_of, probability, category, idle_days) in enumerate(STAGES):
            stages.objects.create(
                pipeline=pipeline,
                name=name,
                kind_of=kind_of,
                probability=probability,
                forecast_category=category,
                idle_days=idle_days,
                position=position,
            )
    for position, (name, not_a_loss) in enumerate(REASONS):
        reasons.objects.get_or_create(name=name, defaults={"not_a_loss": not_a_loss, "position": position})
