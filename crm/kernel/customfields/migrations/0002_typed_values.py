"""Values of custom fields as SQL reads them: NULL where a stored value does not fit, never an error (C2).

Immutable and without STRICT, so that PostgreSQL inlines them: the index over one then serves the order that names it.
A text is cut, since an index takes no long ones. `make_date(year, month, 1) + day - 1` cannot fail on 31 February.
"""

from django.db import migrations

TEXT = """
CREATE OR REPLACE FUNCTION public.crm_custom_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'string' THEN left(public.crm_fold(value #>> '{}'), 300) END
$$
"""
NUMBER = r"""
CREATE OR REPLACE FUNCTION public.crm_custom_number(value jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'string' AND (value #>> '{}') ~ '^-?[0-9]{1,20}(\.[0-9]{1,20})?$'
        THEN (value #>> '{}')::numeric END
$$
"""
MONEY = r"""
CREATE OR REPLACE FUNCTION public.crm_custom_money(value jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN (value ->> 'amount') ~ '^[0-9]{1,20}(\.[0-9]{1,20})?$' THEN (value ->> 'amount')::numeric END
$$
"""
DATE = """
CREATE OR REPLACE FUNCTION public.crm_custom_date(value jsonb) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN jsonb_typeof(value) = 'string'
            AND (value #>> '{}') ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
        THEN make_date(substr(value #>> '{}', 1, 4)::int, substr(value #>> '{}', 6, 2)::int, 1)
            + (substr(value #>> '{}', 9, 2)::int - 1)
    END
$$
"""
# The application's role owns no table, so it cannot index one. These two do that for it, and nothing else: the index that
# a key and a way of reading name, on a table with custom fields. CREATE INDEX CONCURRENTLY cannot run in a function, so
# writes to the table wait while the index is built (seconds at a million rows); `lock_timeout` of the caller keeps it
# from standing in the queue behind a long transaction.
BUILD = """
CREATE OR REPLACE FUNCTION public.crm_build_custom_index(target regclass, key text, reads text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    direction text := CASE WHEN reads = 'text' THEN 'ASC' ELSE 'DESC' END;
BEGIN
    PERFORM public.crm_check_custom_index(target, key);
    IF reads NOT IN ('text', 'number', 'money', 'date') THEN
        RAISE EXCEPTION 'no such reading: %', reads;
    END IF;
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON %s (%I(custom -> %L) %s NULLS LAST, id %s) WHERE binned_at IS NULL',
        public.crm_custom_index_name(target, key), target, 'crm_custom_' || reads, key, direction, direction
    );
    EXECUTE format('ANALYZE %s', target);
END
$$
"""
DROP = """
CREATE OR REPLACE FUNCTION public.crm_drop_custom_index(target regclass, key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM public.crm_check_custom_index(target, key);
    EXECUTE format('DROP INDEX IF EXISTS public.%I', public.crm_custom_index_name(target, key));
END
$$
"""
NAME = """
CREATE OR REPLACE FUNCTION public.crm_custom_index_name(target regclass, key text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT relname || '_cf_' || key FROM pg_class WHERE oid = target $$
"""
CHECK = """
CREATE OR REPLACE FUNCTION public.crm_check_custom_index(target regclass, key text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF key !~ '^[a-z][a-z0-9_]{0,39}$' THEN
        RAISE EXCEPTION 'no key of a custom field: %', key;
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'custom' AND atttypid = 'jsonb'::regtype
    ) THEN
        RAISE EXCEPTION 'no table with custom fields: %', target;
    END IF;
END
$$
"""
CLOSE = """
REVOKE ALL ON FUNCTION public.crm_build_custom_index(regclass, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.crm_drop_custom_index(regclass, text) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("customfields", "0001_initial"), ("core", "0001_database")]

    operations = [
        migrations.RunSQL(TEXT, "DROP FUNCTION IF EXISTS public.crm_custom_text(jsonb)"),
        migrations.RunSQL(NUMBER, "DROP FUNCTION IF EXISTS public.crm_custom_number(jsonb)"),
        migrations.RunSQL(MONEY, "DROP FUNCTION IF EXISTS public.crm_custom_money(jsonb)"),
        migrations.RunSQL(DATE, "DROP FUNCTION IF EXISTS public.crm_custom_date(jsonb)"),
        migrations.RunSQL(NAME, "DROP FUNCTION IF EXISTS public.crm_custom_index_name(regclass, text)"),
        migrations.RunSQL(CHECK, "DROP FUNCTION IF EXISTS public.crm_check_custom_index(regclass, text)"),
        migrations.RunSQL(BUILD, "DROP FUNCTION IF EXISTS public.crm_build_custom_index(regclass, text, text)"),
        migrations.RunSQL(DROP, "DROP FUNCTION IF EXISTS public.crm_drop_custom_index(regclass, text)"),
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
    ]
