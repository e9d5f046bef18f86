"""The four roles with their defaults (U2); an admin may change them afterwards."""

from django.db import migrations

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.policies import add_default_roles


def add_roles(apps, schema_editor):
    with changeset(Actor.system("first set-up"), "setup"):
        add_default_roles(apps.get_model("users", "Role"))


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial"), ("audit", "0002_attach_changeset")]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
