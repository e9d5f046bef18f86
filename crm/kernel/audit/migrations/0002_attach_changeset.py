"""The function by which every history trigger finds, and if need be writes, the change-set of its transaction (H1, U5)."""

from django.db import migrations

ATTACH = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid AS $$
DECLARE
    changeset uuid := NULLIF(current_setting('crm.changeset', true), '')::uuid;
    actor jsonb;
BEGIN
    IF changeset IS NULL THEN
        -- A write outside any command: kept, and marked as nobody's.
        changeset := crm_uuid7();
        PERFORM set_config('crm.changeset', changeset::text, true), set_config('crm.actor', '', true);
    END IF;
    IF current_setting('crm.stored', true) IS DISTINCT FROM changeset::text THEN
        actor := COALESCE(NULLIF(current_setting('crm.actor', true), ''), '{"kind": "unattributed"}')::jsonb;
        INSERT INTO audit_changeset (id, actor_kind, user_id, label, source, command, summary, undo_of_id, at)
        VALUES (
            changeset,
            actor->>'kind',
            (actor->>'user')::uuid,
            COALESCE(left(actor->>'label', 200), ''),
            COALESCE(actor->>'source', ''),
            COALESCE(actor->>'command', ''),
            COALESCE(actor->'summary', '{}'::jsonb),
            (actor->>'undo_of')::uuid,
            COALESCE(NULLIF(current_setting('crm.at', true), '')::timestamptz, clock_timestamp())
        ) ON CONFLICT (id) DO NOTHING;
        PERFORM set_config('crm.stored', changeset::text, true);
    END IF;
    RETURN changeset;
END
$$ LANGUAGE plpgsql;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("core", "0001_database"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(ATTACH, migrations.RunSQL.noop)]
