"""P9 in the database: of a stage visit only `until` and `undone_at` may change, each once, from empty."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION deals_guard_stagechange() RETURNS trigger AS $$
BEGIN
    IF (to_jsonb(OLD) - 'until' - 'undone_at') IS DISTINCT FROM (to_jsonb(NEW) - 'until' - 'undone_at')
        OR (OLD.until IS NOT NULL AND OLD.until IS DISTINCT FROM NEW.until)
        OR (OLD.undone_at IS NOT NULL AND OLD.undone_at IS DISTINCT FROM NEW.undone_at)
    THEN
        RAISE EXCEPTION 'P9: a stage visit keeps what it says; only until and undone_at may be filled, once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER deals_guard_stagechange BEFORE UPDATE ON deals_stagechange
    FOR EACH ROW EXECUTE FUNCTION deals_guard_stagechange();
"""
UNDO = """
DROP TRIGGER IF EXISTS deals_guard_stagechange ON deals_stagechange;
DROP FUNCTION IF EXISTS deals_guard_stagechange();
"""


class Migration(migrations.Migration):
    dependencies = [("deals", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
