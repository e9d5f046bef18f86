"""What a record is found by through its custom values: words of fields that everybody may see (C1).

The same words in the same order as `values.words_of`; a long text counts with its first thousand characters.
"""

from django.db import migrations

WORDS = """
CREATE OR REPLACE FUNCTION public.crm_custom_words(kind text, custom jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT string_agg(left(custom ->> f.key, 1000), ' ' ORDER BY f.position, f.label)
    FROM public.customfields_customfield f
    WHERE custom <> '{}' AND f.record_kind = kind AND custom ? f.key
        AND f.removed_at IS NULL AND f.roles = '{}'
        AND f.type IN ('text', 'long_text', 'url') AND jsonb_typeof(custom -> f.key) = 'string'
$$
"""


class Migration(migrations.Migration):
    dependencies = [("customfields", "0002_typed_values")]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION IF EXISTS public.crm_custom_words(text, jsonb)"),
    ]
