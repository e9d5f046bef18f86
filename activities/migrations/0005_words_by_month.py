"""Let the index of words tell months apart, so that a common word is found in what is recent."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import crm.kernel.core.fields

# A month as a word: `at` is cut in UTC, which does not depend on a setting.
WORDS_AT = """
CREATE OR REPLACE FUNCTION public.crm_words(value text, at timestamptz) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT public.crm_words(value) || array_to_tsvector(ARRAY['month' || (
        extract(year FROM at AT TIME ZONE 'UTC') * 12 + extract(month FROM at AT TIME ZONE 'UTC'))::int::text])
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0004_attachments"),
        ("contacts", "0005_merged"),
        ("deals", "0007_lean_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(WORDS_AT, "DROP FUNCTION IF EXISTS public.crm_words(text, timestamptz)"),
        migrations.RemoveIndex(
            model_name="activity",
            name="activity_words",
        ),
        migrations.AddIndex(
            model_name="activity",
            index=django.contrib.postgres.indexes.GinIndex(
                crm.kernel.core.fields.Words(
                    django.db.models.functions.text.Concat(
                        "subject", models.Value(" "), "body", output_field=models.TextField()
                    ),
                    "at",
                ),
                condition=models.Q(("type", "system"), _negated=True),
                name="activity_words_at",
            ),
        ),
    ]
