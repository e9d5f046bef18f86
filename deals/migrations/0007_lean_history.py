"""Drop the indexes by which history is never read, from installations made before 0001 went without them."""

from django.db import migrations

SQL = """
DROP INDEX IF EXISTS deals_dealcontacthistory_contact_id_38eeb34b;
DROP INDEX IF EXISTS deals_dealcontacthistory_deal_id_fa824277;
DROP INDEX IF EXISTS deals_dealhistory_company_id_f8951945;
DROP INDEX IF EXISTS deals_dealhistory_lost_reason_id_d155fb5c;
DROP INDEX IF EXISTS deals_dealhistory_owner_id_928d4ea8;
DROP INDEX IF EXISTS deals_dealhistory_pipeline_id_054b7d87;
DROP INDEX IF EXISTS deals_dealhistory_stage_id_dbdce7d8;
DROP INDEX IF EXISTS deals_stagechangehistory_deal_id_4d9de2ea;
DROP INDEX IF EXISTS deals_stagechangehistory_from_stage_id_afa2d8c5;
DROP INDEX IF EXISTS deals_stagechangehistory_owner_id_4d6198b4;
DROP INDEX IF EXISTS deals_stagechangehistory_pipeline_id_c048ef05;
DROP INDEX IF EXISTS deals_stagechangehistory_team_id_e1345e3e;
DROP INDEX IF EXISTS deals_stagechangehistory_to_stage_id_00556f3d;
DROP INDEX IF EXISTS deals_stagechangehistory_undoes_id_8c6adfb1;
DROP INDEX IF EXISTS deals_stagechangehistory_user_id_d94fd64f;
DROP INDEX IF EXISTS deals_stagehistory_pipeline_id_4ab91156;
CREATE INDEX IF NOT EXISTS deals_dealcontact_h_par ON deals_dealcontacthistory (deal_id, pgh_id);
CREATE INDEX IF NOT EXISTS deals_stagechange_h_par ON deals_stagechangehistory (deal_id, pgh_id);
"""


class Migration(migrations.Migration):
    dependencies = [("deals", "0006_custom_fields")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
