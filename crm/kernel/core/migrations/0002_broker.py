"""The message queue in PostgreSQL that Celery uses while REDIS_URL is unset.

It is installed in any case, so that the broker may be changed later without a migration.
"""

from django.db import migrations
from pgmq import get_embedded_install_sql


def install(apps, schema_editor):
    """Install the queue's SQL, unless an extension or an earlier run has done so: it cannot run twice."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pgmq.meta') IS NOT NULL")
        if not cursor.fetchone()[0]:
            cursor.execute(get_embedded_install_sql())


class Migration(migrations.Migration):
    """Installs schema `pgmq`; going back leaves it, since queues may hold tasks."""

    dependencies = [("core", "0001_database")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
