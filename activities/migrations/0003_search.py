"""Words of activities and tasks, found by one index each."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models

import crm.kernel.core.fields

# Signs divide words: PostgreSQL's parser would keep "call/meeting" or an address as one.
WORDS = """
CREATE OR REPLACE FUNCTION public.crm_words(value text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT to_tsvector('pg_catalog.simple'::regconfig, translate(public.crm_fold(value), '/_.@-:+&''', '         '))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_lean_history"),
        ("core", "0001_database"),
    ]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION IF EXISTS public.crm_words(text)"),
        migrations.AddIndex(
            model_name="activity",
            index=django.contrib.postgres.indexes.GinIndex(
                crm.kernel.core.fields.Words(
                    django.db.models.functions.text.Concat(
                        "subject", models.Value(" "), "body", output_field=models.TextField()
                    )
                ),
                condition=models.Q(("type", "system"), _negated=True),
                name="activity_words",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=django.contrib.postgres.indexes.GinIndex(
                crm.kernel.core.fields.Words(
                    django.db.models.functions.text.Concat(
                        "title", models.Value(" "), "notes", output_field=models.TextField()
                    )
                ),
                name="task_words",
            ),
        ),
    ]
