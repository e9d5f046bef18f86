"""The first pipeline (P1) and the first list of lost reasons (P0); an admin may change both afterwards."""

from django.db import migrations

from crm.kernel.core.changes import Actor, changeset

STAGES = [
    ("Qualified", "open", 10, "pipeline", 14),
    ("Discovery", "open", 25, "pipeline", 14),
    ("Proposal", "open", 50, "best_case", 10),
    ("Negotiation", "open", 75, "commit", 7),
    ("Closed Won", "won", 100, "commit", 14),
    ("Closed Lost", "lost", 0, "omitted", 14),
]
REASONS = [
    ("Price", False),
    ("Chose a competitor", False),
    ("No budget", False),
    ("No decision", False),
    ("Missing feature", False),
    ("Lost contact", False),
    ("Duplicate", True),
    ("Test or mistake", True),
    ("Not recorded (import)", False),
]


def add_first_pipeline(apps, schema_editor):
    Pipeline, Stage, LostReason = (apps.get_model("deals", name) for name in ("Pipeline", "Stage", "LostReason"))
    with changeset(Actor.system("first set-up"), "setup"):
        if not Pipeline.objects.exists():
            pipeline = Pipeline.objects.create(name="Sales", position=0)
            for position, (name, kind_of, probability, category, idle_days) in enumerate(STAGES):
                Stage.objects.create(
                    pipeline=pipeline,
                    name=name,
                    kind_of=kind_of,
                    probability=probability,
                    forecast_category=category,
                    idle_days=idle_days,
                    position=position,
                )
        for position, (name, not_a_loss) in enumerate(REASONS):
            LostReason.objects.get_or_create(name=name, defaults={"not_a_loss": not_a_loss, "position": position})


class Migration(migrations.Migration):
    dependencies = [("deals", "0002_guard_stage_history"), ("users", "0002_default_roles")]

    operations = [migrations.RunPython(add_first_pipeline, migrations.RunPython.noop)]
