"""The first pipeline (P1) and the first list of lost reasons (P0); an admin may change both afterwards."""

from django.db import migrations

from crm.kernel.core.changes import Actor, changeset
from deals.seeds import add_first_pipeline


def add(apps, schema_editor):
    with changeset(Actor.system("first set-up"), "setup"):
        add_first_pipeline(*(apps.get_model("deals", name) for name in ("Pipeline", "Stage", "LostReason")))


class Migration(migrations.Migration):
    dependencies = [("deals", "0002_guard_stage_history"), ("users", "0002_default_roles")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
