"""The privileged function `erase_person`: blanks the values of one person in every table, history included (H1).

The application's role may neither change history nor say what is blanked: the function is made by the owner after each
migrate, from what the apps declare in `core.personal`, and takes an id alone. It
1. works out how the person is recognised, from live rows and history: names, addresses, numbers;
2. blanks or removes their own rows, and blanks the history of these rows;
3. blanks any mention in any text column of any table;
4. writes a row into `contacts_erasure`.
"""

from typing import Any

from django.db import models

from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.personal import Holding, holdings, identity

# People who use the product, sign-ins, Django's own: not about contacts. Stage visits hold no text but who moved.
UNTOUCHED = (
    "users_%", "account_%", "mfa_%", "usersessions_%", "auth_%", "django_%", "socialaccount_%", "core_cache",
    "pghistory_%", "deals_stagechange%", "contacts_erasure",
)  # fmt: skip
FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION public.erase_escaped(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT replace(regexp_replace(word, '([^[:alnum:][:space:]_"])', '\\\1', 'g'), '"', '\\*"')
$$;
CREATE OR REPLACE FUNCTION public.erase_number(digits text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(digits, '([0-9])(?=[0-9])', '\1[[:space:]./()-]*', 'g')
$$;
CREATE OR REPLACE FUNCTION public.erase_in(value text, pattern text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(value, pattern, '[erased]', 'gi')
$$;
CREATE OR REPLACE FUNCTION public.erase_full_name(one text, other text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT erase_escaped(one) || '[[:space:].,]+([^[:space:]]+[[:space:]]+)?' || erase_escaped(other)
$$;
CREATE OR REPLACE FUNCTION public.erase_person(person uuid, by_user uuid, by_label text, changeset uuid)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ids uuid[];
    hits uuid[];
    parts text[] := '{}';
    own text[] := '{}';
    pattern text;
    names_pattern text;
    word record;
    col record;
    tab record;
    sets text;
    finds text;
    n bigint;
    total bigint := 0;
BEGIN
    SELECT array_agg(i.id) INTO ids FROM (%(ids)s) i(id);
    IF ids IS NULL THEN
        RETURN 0;
    END IF;
    FOR word IN SELECT DISTINCT f, l, alone FROM (%(names)s) w(f, l, alone) WHERE f <> '[erased]' LOOP
        IF word.alone AND length(word.f) > 0 AND length(word.l) > 0 THEN
            parts := parts || erase_full_name(word.f, word.l) || erase_full_name(word.l, word.f)
                || erase_full_name(crm_fold(word.f), crm_fold(word.l));
        END IF;
        own := own || ARRAY(SELECT erase_escaped(x) FROM unnest(ARRAY[word.f, word.l]) x WHERE length(x) > 2);
    END LOOP;
    FOR word IN SELECT DISTINCT v FROM (%(emails)s) w(v) WHERE length(v) > 2 AND v <> '[erased]' LOOP
        parts := parts || erase_escaped(word.v);
    END LOOP;
    FOR word IN SELECT DISTINCT d FROM (
        SELECT substr(regexp_replace(split_part(v, ';', 1), '[^0-9]', '', 'g'), k) AS d
        FROM (%(phones)s) w(v), generate_series(1, 4) k
    ) q WHERE length(d) > 6 LOOP
        parts := parts || ('(\+|00)?' || erase_number(word.d));
    END LOOP;
    pattern := CASE WHEN cardinality(parts) > 0
        THEN '(?<![[:alnum:]])(' || array_to_string(parts, '|') || ')(?![[:alnum:]])' END;
    own := parts || own;
    names_pattern := CASE WHEN cardinality(own) > 0
        THEN '(?<![[:alnum:]])(' || array_to_string(own, '|') || ')(?![[:alnum:]])' END;
%(steps)s
    IF pattern IS NOT NULL THEN
        FOR tab IN
            SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
            WHERE s.nspname = 'public' AND c.relkind = 'r' AND NOT c.relname LIKE ANY (ARRAY[%(untouched)s])
        LOOP
            sets := NULL;
            finds := NULL;
            FOR col IN
                SELECT a.attname, t.typname, CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 1000000000 END AS most,
                    EXISTS (
                        SELECT FROM pg_index i WHERE i.indrelid = tab.oid AND i.indisunique AND a.attnum = ANY (i.indkey)
                    ) AS alone
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = tab.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                AND t.typname IN ('text', 'varchar', 'citext', '_text', '_varchar', 'jsonb')
            LOOP
                finds := concat_ws(' OR ', finds, format('%%I::text ~* $1', col.attname));
                sets := concat_ws(', ', sets, format(CASE
                    WHEN col.typname = 'jsonb' THEN '%%1$I = erase_in(%%1$I::text, $1)::jsonb'
                    WHEN col.typname LIKE '\_%%' THEN '%%1$I = ARRAY(SELECT erase_in(x, $1) FROM unnest(%%1$I) x)'
                    WHEN col.alone THEN '%%1$I = CASE WHEN %%1$I ~* $1 THEN'
                        ' left(erase_in(%%1$I, $1) || ''-'' || left(gen_random_uuid()::text, 8), %%2$s) ELSE %%1$I END'
                    ELSE '%%1$I = left(erase_in(%%1$I, $1), %%2$s)'
                END, col.attname, col.most));
            END LOOP;
            CONTINUE WHEN sets IS NULL;
            EXECUTE format('UPDATE %%I SET %%s WHERE %%s', tab.relname, sets, finds) USING pattern;
            GET DIAGNOSTICS n = ROW_COUNT;
            total := total + n;
        END LOOP;
    END IF;
    INSERT INTO contacts_erasure (id, contact_id, user_id, label, changeset_id, rows, at)
    VALUES (crm_uuid7(), person, by_user, left(by_label, 200), changeset, total, clock_timestamp());
    RETURN total;
END
$$;
REVOKE ALL ON FUNCTION public.erase_person(uuid, uuid, text, uuid) FROM PUBLIC;
"""
COUNT = "    GET DIAGNOSTICS n = ROW_COUNT;\n    total := total + n;\n"


def erase_function_sql() -> str:
    """Return the statements that make the function; nothing while no app has said how a person is recognised."""
    who = identity()
    if who is None:
        return ""
    return FUNCTIONS % {
        "ids": who.ids,
        "names": who.names,
        "emails": who.emails,
        "phones": who.phones,
        "steps": "".join(_steps(each) for each in holdings()),
        "untouched": ", ".join(f"'{name}'" for name in UNTOUCHED),
    }


def _steps(holding: Holding) -> str:
    """Return what is done to one kind of row: those that mention the person, their own, and the history of both."""
    table = holding.model._meta.db_table
    history = history_of(holding.model)._meta.db_table if holding.model in TRACKED else ""
    sets = ", ".join(f'"{name}" = {_literal(value)}' for name, value in holding.blank.items())
    lines = ""
    if holding.mentions:
        lines += _steps_of_mentions(holding, table, history)
    if holding.remove and not history:
        return f"{lines}    DELETE FROM {table} WHERE {holding.rows};\n{COUNT}"
    lines += f"    hits := ARRAY(SELECT id FROM {table} WHERE {holding.rows});\n"
    if holding.remove:
        lines += f"    DELETE FROM {table} WHERE id = ANY(hits);\n{COUNT}"
    elif sets:
        lines += f"    UPDATE {table} SET {sets} WHERE id = ANY(hits);\n{COUNT}"
    if history and sets:
        recorded = {f.attname for f in history_of(holding.model)._meta.concrete_fields}
        told = ", ".join(f'"{n}" = {_literal(v)}' for n, v in holding.blank.items() if n in recorded)
        gone = f" OR {holding.history}" if holding.history else ""
        if told:  # history may keep none of what is blanked
            lines += f"    UPDATE {history} SET {told} WHERE pgh_obj_id = ANY(hits){gone};\n{COUNT}"
    return lines


def _steps_of_mentions(holding: Holding, table: str, history: str) -> str:
    fields = [f for f in holding.model._meta.concrete_fields if f.attname in holding.blank]
    lines = f"    hits := ARRAY(SELECT id FROM {table} WHERE {holding.mentions});\n"
    lines += "    IF names_pattern IS NOT NULL THEN\n"
    lines += f"    UPDATE {table} SET {_without_names(fields)} WHERE id = ANY(hits);\n"
    if history:
        recorded = {f.attname for f in history_of(holding.model)._meta.concrete_fields}
        told = _without_names([f for f in fields if f.attname in recorded])
        lines += f"    UPDATE {history} SET {told} WHERE pgh_obj_id = ANY(hits);\n"
    return lines + "    END IF;\n"


def _without_names(fields: list[Any]) -> str:
    """Return assignments that blank the person's names in texts and JSON."""
    sets = []
    for each in fields:
        if isinstance(each, models.JSONField):
            sets.append(f'"{each.attname}" = erase_in("{each.attname}"::text, names_pattern)::jsonb')
        elif isinstance(each, models.CharField | models.TextField):
            sets.append(f'"{each.attname}" = erase_in("{each.attname}", names_pattern)')
    return ", ".join(sets)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return "'{}'" if value in ([], {}) else "'{}'".format(str(value).replace("'", "''"))
