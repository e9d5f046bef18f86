"""What the audit page asks by: person, command, door, newest first; and whether a change-set still stands (H2)."""

from django.db import migrations, models

# A set stands unless its last undo stands: an undo that was itself undone puts the set back into force.
STANDS = """
CREATE OR REPLACE FUNCTION public.audit_stands(changeset uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    undoing uuid;
BEGIN
    SELECT u.id INTO undoing FROM public.audit_changeset u
    WHERE u.undo_of_id = changeset ORDER BY u.recorded_at DESC LIMIT 1;
    RETURN undoing IS NULL OR NOT public.audit_stands(undoing);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_attach_changeset")]

    operations = [
        migrations.RunSQL(STANDS, "DROP FUNCTION IF EXISTS public.audit_stands(uuid)"),
        migrations.RemoveIndex(model_name="changeset", name="changeset_recorded"),
        migrations.RemoveIndex(model_name="changeset", name="changeset_user"),
        migrations.AddIndex(
            model_name="changeset",
            index=models.Index(fields=["-recorded_at", "-id"], name="changeset_recorded"),
        ),
        migrations.AddIndex(
            model_name="changeset",
            index=models.Index(fields=["user", "-recorded_at", "-id"], name="changeset_user"),
        ),
        migrations.AddIndex(
            model_name="changeset",
            index=models.Index(fields=["command", "-recorded_at", "-id"], name="changeset_command"),
        ),
        migrations.AddIndex(
            model_name="changeset",
            index=models.Index(fields=["source", "-recorded_at", "-id"], name="changeset_source"),
        ),
    ]
