"""Extensions, and the SQL functions that columns, indexes and set-based writes share."""

from django.contrib.postgres.operations import (
    BtreeGinExtension,
    BtreeGistExtension,
    CITextExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations

# Version 7 of RFC 9562, method 3: 48 bits of milliseconds, then the fraction of the millisecond in the 12 bits after
# the version, so that ids made one after the other sort to the microsecond. 512/125 is 4096 steps per 1000 microseconds.
# One expression, so that PostgreSQL can inline it into an INSERT ... SELECT; `uuidv7()` would need version 18.
UUID7 = """
CREATE OR REPLACE FUNCTION public.crm_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT (
        overlay(
            lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 512 / 125), 15, '0')
            PLACING '7' FROM 13 FOR 0
        ) || substr(gen_random_uuid()::text, 20)
    )::uuid
$$;
"""
# unaccent() alone is only STABLE, since it looks its dictionary up by search path; with the dictionary named it is fixed.
FOLD = """
CREATE OR REPLACE FUNCTION public.crm_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, value))
$$;
"""
# round() takes halves away from zero. A half is where twice the cut-off rest is one unit of the last place.
ROUND = """
CREATE OR REPLACE FUNCTION public.crm_round_half_even(value numeric, places int) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN abs(value - trunc(value, places)) * 2 = ('1e' || (-places)::text)::numeric
            AND mod(trunc(value, places), 2 * ('1e' || (-places)::text)::numeric) = 0
        THEN trunc(value, places)
        ELSE round(value, places)
    END
$$;
"""


class Migration(migrations.Migration):
    """Other apps' first migrations depend on this one: their columns and indexes use what it makes."""

    dependencies = []

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        BtreeGinExtension(),
        BtreeGistExtension(),
        CITextExtension(),
        migrations.RunSQL(UUID7, "DROP FUNCTION IF EXISTS public.crm_uuid7()"),
        migrations.RunSQL(FOLD, "DROP FUNCTION IF EXISTS public.crm_fold(text)"),
        migrations.RunSQL(ROUND, "DROP FUNCTION IF EXISTS public.crm_round_half_even(numeric, int)"),
    ]
