"""Drop the indexes by which history is never read, from installations made before 0001 went without them."""

from django.db import migrations

SQL = """
DROP INDEX IF EXISTS users_absencehistory_user_id_265887ce;
DROP INDEX IF EXISTS users_teamhistory_manager_id_2710a216;
DROP INDEX IF EXISTS users_teamhistory_parent_id_0a76e83c;
DROP INDEX IF EXISTS users_userhistory_delegate_id_f533febb;
DROP INDEX IF EXISTS users_userhistory_role_id_0112d0ba;
DROP INDEX IF EXISTS users_userhistory_team_id_f38a4353;
"""


class Migration(migrations.Migration):
    dependencies = [("users", "0002_default_roles")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
