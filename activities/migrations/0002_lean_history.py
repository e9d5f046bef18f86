"""Drop the indexes by which history is never read, from installations made before 0001 went without them."""

from django.db import migrations

SQL = """
DROP INDEX IF EXISTS activities_activitycontacthistory_activity_id_293a9549;
DROP INDEX IF EXISTS activities_activitycontacthistory_contact_id_93a09975;
DROP INDEX IF EXISTS activities_activityhistory_company_id_a1488e4e;
DROP INDEX IF EXISTS activities_activityhistory_deal_id_792ab91d;
DROP INDEX IF EXISTS activities_activityhistory_stage_change_id_215c8305;
DROP INDEX IF EXISTS activities_activityhistory_user_id_c94af3cd;
DROP INDEX IF EXISTS activities_activitymentionhistory_activity_id_6bb72527;
DROP INDEX IF EXISTS activities_activitymentionhistory_user_id_ff089657;
DROP INDEX IF EXISTS activities_taskhistory_assignee_id_3fe050d8;
DROP INDEX IF EXISTS activities_taskhistory_company_id_670f437d;
DROP INDEX IF EXISTS activities_taskhistory_contact_id_25a24655;
DROP INDEX IF EXISTS activities_taskhistory_created_by_id_bacfeb81;
DROP INDEX IF EXISTS activities_taskhistory_deal_id_5f170245;
DROP INDEX IF EXISTS activities_taskhistory_done_by_id_4665ab9c;
CREATE INDEX IF NOT EXISTS activiti_activitycont_h_par ON activities_activitycontacthistory (activity_id, pgh_id);
CREATE INDEX IF NOT EXISTS activiti_activityment_h_par ON activities_activitymentionhistory (activity_id, pgh_id);
"""


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
