"""The four roles with their defaults (U2); an admin may change them afterwards."""

from django.db import migrations

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.policies import DEFAULTS


def add_roles(apps, schema_editor):
    Role = apps.get_model("users", "Role")
    with changeset(Actor.system("first set-up"), "setup"):
        for key, values in DEFAULTS.items():
            Role.objects.get_or_create(key=key, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial"), ("audit", "0002_attach_changeset")]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
