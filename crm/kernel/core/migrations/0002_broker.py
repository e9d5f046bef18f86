"""The message queue in PostgreSQL that Celery uses while REDIS_URL is unset.

It is installed in any case, so that the broker may be changed later without a migration.
"""

from django.db import migrations

from crm.kernel.core import broker


def install(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        broker.install(cursor)


class Migration(migrations.Migration):
    """Installs schema `pgmq`; going back leaves it, since queues may hold tasks."""

    dependencies = [("core", "0001_database")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
