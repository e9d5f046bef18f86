"""Let names be found in their other spellings: what is stored already gets them here, the rest as it is written."""

from django.db import migrations

CONTACTS = """
UPDATE contacts_contact p SET search_text = p.search_text || ' ' || crm_fold(concat_ws(' ',
    CASE WHEN p.first_name ~ '[^[:alnum:]]' THEN regexp_replace(p.first_name, '[^[:alnum:]]+', '', 'g') END,
    CASE WHEN p.last_name ~ '[^[:alnum:]]' THEN regexp_replace(p.last_name, '[^[:alnum:]]+', '', 'g') END,
    CASE WHEN p.first_name <> '' AND p.last_name <> '' AND p.first_name || p.last_name ~ '[⺀-鿿가-힯豈-﫿]'
        THEN p.last_name || p.first_name || ' ' || p.first_name || p.last_name END))
WHERE p.first_name ~ '[^[:alnum:]]' OR p.last_name ~ '[^[:alnum:]]' OR p.first_name || p.last_name ~ '[⺀-鿿가-힯豈-﫿]'
"""
COMPANIES = """
UPDATE contacts_company p SET search_text = p.search_text || ' ' ||
    crm_fold(regexp_replace(p.name, '[^[:alnum:]]+', '', 'g'))
WHERE p.name ~ '[^[:alnum:] ]|(^| )[[:alnum:]]{1,3} '
"""


class Migration(migrations.Migration):
    """Search text is derived, so this writes no history; going back leaves the further words where they are."""

    dependencies = [("contacts", "0003_lean_history")]

    operations = [
        migrations.RunSQL(CONTACTS, migrations.RunSQL.noop),
        migrations.RunSQL(COMPANIES, migrations.RunSQL.noop),
    ]
