"""Drop the indexes by which history is never read, from installations made before 0001 went without them."""

from django.db import migrations

SQL = """
DROP INDEX IF EXISTS contacts_companydomainhistory_company_id_15b90b4f;
DROP INDEX IF EXISTS contacts_companyemailhistory_company_id_c8b58cd3;
DROP INDEX IF EXISTS contacts_companyhistory_owner_id_474c4c99;
DROP INDEX IF EXISTS contacts_companyhistory_parent_id_6eeda23d;
DROP INDEX IF EXISTS contacts_companyphonehistory_company_id_5d8126ee;
DROP INDEX IF EXISTS contacts_contactemailhistory_contact_id_2c14719d;
DROP INDEX IF EXISTS contacts_contacthistory_company_id_cd1d367a;
DROP INDEX IF EXISTS contacts_contacthistory_owner_id_b66b30ed;
DROP INDEX IF EXISTS contacts_contactphonehistory_contact_id_94b19d61;
CREATE INDEX IF NOT EXISTS contacts_companydomai_h_par ON contacts_companydomainhistory (company_id, pgh_id);
CREATE INDEX IF NOT EXISTS contacts_companyemail_h_par ON contacts_companyemailhistory (company_id, pgh_id);
CREATE INDEX IF NOT EXISTS contacts_companyphone_h_par ON contacts_companyphonehistory (company_id, pgh_id);
CREATE INDEX IF NOT EXISTS contacts_contactemail_h_par ON contacts_contactemailhistory (contact_id, pgh_id);
CREATE INDEX IF NOT EXISTS contacts_contactphone_h_par ON contacts_contactphonehistory (contact_id, pgh_id);
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_custom_fields")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
