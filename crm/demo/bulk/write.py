"""Statements that write one month of the plan into the tables. Order matters: what is referred to comes first."""

from contacts.services.spellings import COMPANY_SQL, CONTACT_SQL

COMMON = "created_at, updated_at, version, import_source, external_id"
# The other spellings of names, in the words of the plan's tables.
OF_COMPANY = COMPANY_SQL.replace("p.name", "c.name")
OF_PERSON = CONTACT_SQL.replace("p.first_name", "c.first").replace("p.last_name", "c.last")

WRITES = (
    f"""
    INSERT INTO contacts_company (id, {COMMON}, name, industry, size_band, website, description, owner_id, tags,
        search_text, last_touch_at, street, postal_code, city, region, country, custom)
    SELECT c.id, c.at, c.at, 1, '', '', c.name, c.industry, c.size_band, 'https://' || c.domain || '/', '', o.id, '{{}}',
        crm_fold(concat_ws(' ', c.name, c.domain, c.phone, c.city, {OF_COMPANY})), k.touched, c.street, '', c.city, '', c.country,
        jsonb_strip_nulls(jsonb_build_object(
            'segment', (ARRAY['small', 'small', 'mid_market', 'enterprise'])[1 + pg_temp.roll(c.i, 91) %% 4],
            'points', CASE WHEN pg_temp.roll(c.i, 92) %% 5 > 0 THEN (20 + pg_temp.roll(c.i, 93) %% 5000)::text END))
    FROM t_company c LEFT JOIN t_owner o ON o.n = c.owner LEFT JOIN t_company_clock k ON k.id = c.id
    WHERE c.at >= %(since)s AND c.at < %(until)s ORDER BY c.i
    """,
    """
    INSERT INTO contacts_companydomain (id, company_id, domain, live)
    SELECT pg_temp.key(at, 17, i), id, domain, true FROM t_company WHERE at >= %(since)s AND at < %(until)s ORDER BY i
    """,
    """
    INSERT INTO contacts_companyphone (id, company_id, number, "primary")
    SELECT pg_temp.key(at, 18, i), id, phone, true FROM t_company WHERE at >= %(since)s AND at < %(until)s ORDER BY i
    """,
    f"""
    INSERT INTO contacts_contact (id, {COMMON}, first_name, middle_name, last_name, job_title, company_id, owner_id,
        lifecycle, churned_reason, lead_status, unqualified_reason, lead_score, source, language, links, tags, description,
        do_not_email, do_not_call, consent_how, consent_basis, search_text, primary_email, primary_phone, last_touch_at,
        last_worked_at, next_step_at, street, postal_code, city, region, country, custom)
    SELECT c.id, c.at, c.at, 1, '', '', c.first, '', c.last, c.job_title, f.id, o.id, l.lifecycle, '',
        status.word, CASE WHEN l.lifecycle = 'lead' AND status.word = 'unqualified' THEN 'Too small for us' ELSE '' END,
        (pg_temp.roll(c.i, 81) %% 20 * 5)::int, c.source, c.language, '{{}}', c.tags, '', pg_temp.roll(c.i, 82) %% 25 = 0,
        pg_temp.roll(c.i, 83) %% 30 = 0, '', '',
        crm_fold(concat_ws(' ', c.first, c.last, c.email, c.phone, c.company_name, {OF_PERSON})), c.email, c.phone, k.touched, k.worked,
        k.next_at, '', '', c.city, '', c.country,
        -- "letter" is the rare value (1 in 10,000), "e_mail" the common one (3 in 5); sites are to be sorted by.
        jsonb_strip_nulls(jsonb_build_object(
            'channel', CASE WHEN pg_temp.roll(c.i, 94) %% 10000 = 0 THEN 'letter'
                ELSE (ARRAY['e_mail', 'e_mail', 'e_mail', 'phone', NULL])[1 + pg_temp.roll(c.i, 95) %% 5] END,
            'sites', CASE WHEN pg_temp.roll(c.i, 96) %% 4 > 0 THEN (1 + pg_temp.roll(c.i, 97) %% 400)::text END))
    FROM t_contact c JOIN t_lifecycle l ON l.i = c.i LEFT JOIN t_company f ON f.i = c.company
    LEFT JOIN t_owner o ON o.n = c.owner LEFT JOIN t_contact_clock k ON k.i = c.i
    CROSS JOIN LATERAL (SELECT CASE WHEN c.at > %(now)s::timestamptz - interval '14 days' THEN 'new'
        ELSE (ARRAY['working', 'nurturing', 'nurturing', 'unqualified'])[1 + pg_temp.roll(c.i, 84) %% 4] END AS word) status
    WHERE c.at >= %(since)s AND c.at < %(until)s ORDER BY c.i
    """,
    """
    INSERT INTO contacts_contactemail (id, contact_id, address, "primary", live)
    SELECT pg_temp.key(at, 33, i), id, email, true, true FROM t_contact
    WHERE at >= %(since)s AND at < %(until)s ORDER BY i
    """,
    """
    INSERT INTO contacts_contactphone (id, contact_id, number, label, "primary")
    SELECT pg_temp.key(at, 34, i), id, phone, '', true FROM t_contact
    WHERE at >= %(since)s AND at < %(until)s ORDER BY i
    """,
    f"""
    INSERT INTO deals_deal (id, {COMMON}, stage_version, title, owner_id, pipeline_id, stage_id, amount, currency,
        company_id, expected_close, source, description, forecast_category, lost_reason_id, lost_comment, stage_entered_at,
        closed_at, closed_on, created_unknown, tags, search_text, last_activity_at, last_worked_at, next_step_at,
        next_step_due, next_step_type, next_step_text, custom)
    SELECT d.id, d.at, v.at, v.k + 1, '', '', v.k + 1, d.title, o.id, %(pipeline)s, s.id, d.amount, d.currency,
        d.company_id, CASE WHEN NOT d.dateless THEN (d.ends + interval '9 days')::date END, '', '', '',
        CASE WHEN v.position = 6 THEN (%(reasons)s::uuid[])[1 + pg_temp.roll(d.d, 85) %% cardinality(%(reasons)s::uuid[])] END,
        '', v.at, CASE WHEN d.closed THEN d.ends END,
        CASE WHEN d.closed THEN (d.ends AT TIME ZONE %(zone)s)::date END, false, '{{}}',
        crm_fold(concat_ws(' ', d.title, d.company_name, d.person)), k.touched, k.worked, k.next_at, k.due, k.type, k.title,
        jsonb_build_object('product', (%(product_keys)s::text[])[array_position(%(products)s::text[], d.title)])
    FROM t_deal d JOIN t_visit v ON v.d = d.d AND v.until IS NULL JOIN t_stage s ON s.position = v.position
    JOIN t_owner o ON o.n = d.owner JOIN t_deal_clock k ON k.d = d.d
    WHERE d.at >= %(since)s AND d.at < %(until)s ORDER BY d.d
    """,
    """
    INSERT INTO deals_dealcontact (id, deal_id, contact_id, role, "primary")
    SELECT pg_temp.key(at, 49, d), id, contact_id, 'Decision maker', true FROM t_deal
    WHERE contact_id IS NOT NULL AND at >= %(since)s AND at < %(until)s ORDER BY d
    """,
    """
    INSERT INTO deals_stagechange (id, deal_id, from_stage_id, to_stage_id, at, until, user_id, actor_label, pipeline_id,
        owner_id, team_id, amount, currency, probability, category)
    SELECT v.id, d.id, f.id, s.id, v.at, v.until, o.id, '', %(pipeline)s, o.id, o.team, v.amount, v.currency,
        s.probability, s.category
    FROM t_visit v JOIN t_deal d ON d.d = v.d JOIN t_stage s ON s.position = v.position JOIN t_owner o ON o.n = v.owner
    LEFT JOIN t_stage f ON f.position = v.from_position
    WHERE v.at >= %(since)s AND v.at < %(until)s ORDER BY v.at
    """,
    # What happened by itself: each visit's one entry of the timeline.
    f"""
    INSERT INTO activities_activity (id, {COMMON}, type, subject, body, user_id, company_id, deal_id, at, completed_at,
        direction, outcome, system, data, stage_change_id)
    SELECT pg_temp.key(v.at, 7, v.d * 8 + v.k), v.at, v.at, 1, '', '', 'system', '', '', o.id, d.company_id, d.id, v.at, v.at,
        '', '', CASE WHEN v.k = 0 THEN 'deal_created' WHEN v.position = 5 THEN 'deal_won' WHEN v.position = 6 THEN 'deal_lost'
            ELSE 'stage_changed' END, '{{}}', v.id
    FROM t_visit v JOIN t_deal d ON d.d = v.d JOIN t_owner o ON o.n = v.owner
    WHERE v.at >= %(since)s AND v.at < %(until)s ORDER BY v.at
    """,
    """
    INSERT INTO activities_activitycontact (id, activity_id, contact_id, at)
    SELECT pg_temp.key(v.at, 81, v.d * 8 + v.k), pg_temp.key(v.at, 7, v.d * 8 + v.k), d.contact_id, v.at
    FROM t_visit v JOIN t_deal d ON d.d = v.d
    WHERE d.contact_id IS NOT NULL AND v.at >= %(since)s AND v.at < %(until)s ORDER BY v.at
    """,
    f"""
    INSERT INTO activities_activity (id, {COMMON}, type, subject, body, user_id, company_id, deal_id, at, completed_at,
        duration, direction, outcome, system, data)
    SELECT a.id, a.at, a.at, 1, '', '', a.type, replace(a.subject, '{{contact}}', who.name), replace(replace(replace(a.body,
        '{{contact}}', who.name), '{{company}}', COALESCE(c.company_name, 'the site')), '{{what}}', 'the offer'), o.id, a.company_id,
        a.deal_id, a.at, a.at, a.minutes, a.direction, a.outcome, '', '{{}}'
    FROM t_activity a LEFT JOIN t_contact c ON c.i = a.contact JOIN t_owner o ON o.n = a.owner
    CROSS JOIN LATERAL (SELECT COALESCE(c.first, 'them') AS name) who
    WHERE a.at >= %(since)s AND a.at < %(until)s ORDER BY a.at
    """,
    """
    INSERT INTO activities_activitycontact (id, activity_id, contact_id, at)
    SELECT pg_temp.key(at, 80, a), id, contact_id, at FROM t_activity
    WHERE contact_id IS NOT NULL AND at >= %(since)s AND at < %(until)s ORDER BY at
    """,
    f"""
    INSERT INTO activities_task (id, {COMMON}, title, notes, type, priority, due_on, assignee_id, contact_id, company_id,
        deal_id, created_by_id, done_at, done_by_id)
    SELECT t.id, t.at, t.at, 1, '', '', t.title, '', t.type, 2, t.due, o.id,
        t.contact_id, t.company_id, t.deal_id, o.id, t.done, CASE WHEN t.done IS NOT NULL THEN o.id END
    FROM t_task t JOIN t_owner o ON o.n = t.owner
    WHERE t.at >= %(since)s AND t.at < %(until)s ORDER BY t.at
    """,
)
# Tables that have grown: their statistics and visibility are brought up to date at the end.
TABLES = (
    "contacts_company",
    "contacts_companydomain",
    "contacts_companyphone",
    "contacts_contact",
    "contacts_contactemail",
    "contacts_contactphone",
    "deals_deal",
    "deals_dealcontact",
    "deals_stagechange",
    "activities_activity",
    "activities_activitycontact",
    "activities_task",
)
