"""The deal's version as it came into its stage: a stale version refuses a move only if the stage changed since (P3)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0003_first_pipeline")]

    operations = [
        migrations.AddField(
            model_name="deal",
            name="stage_version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
