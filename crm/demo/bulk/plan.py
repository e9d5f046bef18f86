"""Temporary tables that hold the whole plan: who, when, what, with every column as it will be written."""

HELPERS = """
CREATE FUNCTION pg_temp.roll(i bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hashint8extended(i, salt + %(seed)s::bigint * 1000) & 9223372036854775807
$$;
CREATE FUNCTION pg_temp.share(i bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (pg_temp.roll(i, salt) %% 1000003)::float8 / 1000003
$$;
CREATE FUNCTION pg_temp.pick(i bigint, salt bigint, words text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT words[1 + (pg_temp.roll(i, salt) %% cardinality(words))::int]
$$;
-- A key that sorts by time like every other, and that a reference can compute from the row's number.
CREATE FUNCTION pg_temp.key(at timestamptz, kind int, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || lpad(to_hex(i), 15, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.born(i bigint, n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT %(start)s::timestamptz + (i::float8 / n) * (%(now)s::timestamptz - interval '1 hour' - %(start)s::timestamptz)
$$;
"""
PLACES = """
CREATE TEMP TABLE t_place (n int PRIMARY KEY, code text, country text, language text, head text, width int,
    cities text[], streets text[], first text[], last text[])
"""
WORDS = "CREATE TEMP TABLE t_words (n int PRIMARY KEY, stage int, type text, direction text, subject text, body text)"
OWNERS = "CREATE TEMP TABLE t_owner (n int PRIMARY KEY, id uuid, team uuid, zone text, today date)"
STAGES = "CREATE TEMP TABLE t_stage (position int PRIMARY KEY, id uuid, probability int, category text)"

COMPANIES = """
CREATE TEMP TABLE t_company AS
SELECT i, pg_temp.key(at, 1, i) AS id, at, place, owner,
    first || ' ' || second || CASE WHEN i > 2400 THEN ' ' || city ELSE '' END AS name,
    lower(first || second) || i || '.example' AS domain,
    pg_temp.pick(i, 5, %(industries)s::text[]) AS industry,
    pg_temp.pick(i, 6, %(sizes)s::text[]) AS size_band, city, street, country,
    head || lpad((pg_temp.roll(i, 7) %% (10 ^ width)::bigint)::text, width, '0') AS phone
FROM (
    SELECT i, pg_temp.born(i, %(companies)s) AS at, p.n AS place, p.country, p.head, p.width,
        pg_temp.pick(i, 2, p.cities) AS city,
        pg_temp.pick(i, 3, p.streets) || ' ' || 1 + pg_temp.roll(i, 4) %% 190 AS street,
        (%(first_parts)s::text[])[1 + i %% cardinality(%(first_parts)s::text[])] AS first,
        (%(second_parts)s::text[])[1 + (i / 60) %% cardinality(%(second_parts)s::text[])] AS second,
        CASE WHEN pg_temp.roll(i, 8) %% 25 = 0 THEN NULL ELSE (pg_temp.roll(i, 9) %% %(owners)s)::int END AS owner
    FROM generate_series(1, %(companies)s) i JOIN t_place p ON p.n = pg_temp.roll(i, 1) %% %(places)s
) made
"""
CONTACTS = """
CREATE TEMP TABLE t_contact AS
SELECT i, pg_temp.key(at, 2, i) AS id, at, company, owner, first, last, job_title, city, country, language, source, tags,
    regexp_replace(crm_fold(first || '.' || last), '[^a-z.]', '', 'g') || i || '@'
        || COALESCE(domain, 'mailbox.example') AS email,
    head || lpad((pg_temp.roll(i, 27) %% (10 ^ width)::bigint)::text, width, '0') AS phone, company_name
FROM (
    SELECT i, pg_temp.born(i, %(contacts)s) AS at, c.number AS company, c.domain, c.name AS company_name, p.country,
        p.language, p.head, p.width, COALESCE(c.city, pg_temp.pick(i, 20, p.cities)) AS city,
        CASE WHEN i = %(star_number)s THEN %(star_first)s ELSE pg_temp.pick(i, 21, p.first) END AS first,
        CASE WHEN i = %(star_number)s THEN %(star_last)s
            WHEN i %% GREATEST(%(contacts)s / %(rare)s, 2) = 1 THEN %(rare_name)s
            WHEN i %% GREATEST(%(contacts)s / %(medium)s, 3) = 2 THEN %(medium_name)s
            WHEN p.code IN ('SE', 'NO', 'DK') AND pg_temp.roll(i, 22) %% 5 < 2 THEN %(common_name)s
            ELSE pg_temp.pick(i, 23, p.last) END AS last,
        pg_temp.pick(i, 24, %(titles)s::text[]) AS job_title, pg_temp.pick(i, 25, %(sources)s::text[]) AS source,
        CASE WHEN pg_temp.roll(i, 26) %% 8 = 0 THEN ARRAY[pg_temp.pick(i, 28, %(tags)s::text[])] ELSE '{}' END AS tags,
        CASE WHEN c.number IS NOT NULL THEN c.owner WHEN pg_temp.roll(i, 29) %% 4 = 0 THEN NULL
            ELSE (pg_temp.roll(i, 30) %% %(owners)s)::int END AS owner
    FROM generate_series(1, %(contacts)s) i
    LEFT JOIN (SELECT i AS number, domain, name, city, owner, place FROM t_company) c ON pg_temp.roll(i, 31) %% 20 > 0
        AND c.number = 1 + GREATEST(pg_temp.share(i, 32) * (i::float8 * %(companies)s / %(contacts)s - 1), 0)::bigint
    JOIN t_place p ON p.n = COALESCE(c.place, pg_temp.roll(i, 33) %% %(places)s)
) made
"""
# A deal's life: so many days until it is decided (most 20 to 90), five open stages, lost ones leave on the way.
DEALS = """
CREATE TEMP TABLE t_deal AS
SELECT made.*, at + life * interval '1 day' AS ends, at + life * interval '1 day' < %(now)s AS closed,
    CASE WHEN at + life * interval '1 day' >= %(now)s
        THEN LEAST(floor(extract(epoch FROM %(now)s::timestamptz - at) / 86400 / life * 5), 4)::int
        WHEN won THEN 4 ELSE (pg_temp.roll(d, 41) %% 5)::int END AS reached
FROM (
    SELECT d, pg_temp.key(born, 3, d) AS id, born AS at, c.i AS company, c.id AS company_id, c.name AS company_name,
        COALESCE(c.owner, (pg_temp.roll(d, 42) %% %(owners)s)::int) AS owner,
        8 - 45 * ln(1 - pg_temp.share(d, 43) * 0.98) AS life,
        pg_temp.roll(d, 44) %% 100 < 42 AS won,
        pg_temp.pick(d, 45, %(products)s::text[]) AS title,
        CASE WHEN pg_temp.roll(d, 46) %% 40 > 0
            THEN round((5000 + 90000 * pg_temp.share(d, 47) * pg_temp.share(d, 48))::numeric, -2) END AS amount,
        CASE WHEN pg_temp.roll(d, 49) %% 6 = 0 THEN 'EUR' ELSE 'USD' END AS currency,
        pg_temp.roll(d, 50) %% 20 = 0 AS dateless, p.contact, p.contact_id, p.person
    FROM (SELECT d, pg_temp.born(d, %(deals)s) AS born FROM generate_series(1, %(deals)s) d) n
    JOIN t_company c ON c.i = 1 + GREATEST(pg_temp.share(d, 51) * (d::float8 * %(companies)s / %(deals)s - 1), 0)::bigint
    LEFT JOIN LATERAL (
        SELECT i AS contact, id AS contact_id, first || ' ' || last AS person
        FROM t_contact x WHERE x.company = c.i AND x.at < born ORDER BY x.i LIMIT 1
    ) p ON true
) made
"""
VISITS = """
CREATE TEMP TABLE t_visit AS
SELECT v.*, pg_temp.key(at, 4, d * 8 + k) AS id, lead(at) OVER (PARTITION BY d ORDER BY k) AS until,
    lag(position) OVER (PARTITION BY d ORDER BY k) AS from_position
FROM (
    SELECT d.d, k, d.at + d.life * interval '1 day' * k / CASE WHEN d.closed THEN d.reached + 1 ELSE 5 END AS at,
        CASE WHEN k <= d.reached THEN k WHEN d.won THEN 5 ELSE 6 END AS position,
        d.owner, d.amount, d.currency
    FROM t_deal d, generate_series(0, d.reached + d.closed::int) k
) v
"""
# One thing said in each visit, the star's two thousand, and the rest spread over all contacts.
ACTIVITIES = """
CREATE TEMP TABLE t_activity AS
SELECT a, pg_temp.key(at, 5, a) AS id, at, type, direction, subject, body, contact, contact_id, company_id, deal, deal_id,
    owner, outcome, minutes,
    type IN ('note', 'email') OR outcome IN ('held', 'reached') AS touches
FROM (
    SELECT raw.*, w.type, w.direction, w.subject, w.body,
        CASE w.type WHEN 'call' THEN CASE WHEN pg_temp.roll(a, 60) %% 5 > 0 THEN 'reached' ELSE 'no_answer' END
            WHEN 'meeting' THEN CASE WHEN pg_temp.roll(a, 61) %% 15 > 0 THEN 'held' ELSE 'no_show' END
            ELSE '' END AS outcome,
        CASE WHEN w.type IN ('call', 'meeting') THEN 5 + pg_temp.roll(a, 62) %% 55 END AS minutes
    FROM (
        SELECT row_number() OVER (ORDER BY at, d, contact) AS a, * FROM (
            SELECT v.at + (COALESCE(v.until, GREATEST(%(now)s, v.at)) - v.at) * pg_temp.share(v.d * 8 + v.k, 63) AS at,
                d.contact, d.contact_id, d.company_id, v.d, v.d AS deal, d.id AS deal_id, d.owner,
                CASE WHEN v.position > 4 THEN 5 ELSE v.position END AS stage
            FROM t_visit v JOIN t_deal d USING (d) WHERE v.position < 6
            UNION ALL
            SELECT c.at + (%(now)s - c.at) * n / (%(star)s + 1), c.i, c.id, k.id, NULL, NULL, NULL,
                COALESCE(c.owner, 0), 6
            FROM t_contact c LEFT JOIN t_company k ON k.i = c.company, generate_series(1, %(star)s) n
            WHERE c.i = %(star_number)s
            UNION ALL
            SELECT GREATEST(c.at, pg_temp.born(n, %(activities)s)), c.i, c.id, k.id, NULL, NULL, NULL,
                COALESCE(c.owner, (pg_temp.roll(n, 64) %% %(owners)s)::int), 6
            FROM generate_series(1, GREATEST(%(activities)s - %(star)s - (SELECT count(*) FROM t_visit WHERE position < 6), 0)) n
            JOIN t_contact c
                ON c.i = 1 + GREATEST(pg_temp.share(n, 65) * (n::float8 * %(contacts)s / %(activities)s - 1), 0)::bigint
            LEFT JOIN t_company k ON k.i = c.company
        ) moments
    ) raw
    JOIN LATERAL (SELECT count(*) AS total FROM t_words WHERE t_words.stage = raw.stage) counted ON true
    JOIN t_words w ON w.stage = raw.stage AND w.n = raw.stage * 100 + pg_temp.roll(a, 66) %% counted.total
) spoken
"""
TASKS = """
CREATE TEMP TABLE t_task AS
SELECT t, pg_temp.key(at, 6, t) AS id, at, type, replace(title, '{contact}', COALESCE(person, 'them')) AS title, due, owner, contact, contact_id, company_id, deal, deal_id, done
FROM (
    SELECT d.d * 2 AS t, GREATEST(d.at, %(now)s - (1 + pg_temp.roll(d.d, 70) %% 6) * interval '1 day') AS at,
        (%(today)s::date + (pg_temp.roll(d.d, 71) %% 13)::int - 3) AS due, d.owner, d.contact, d.contact_id, d.company_id,
        d.d AS deal, d.id AS deal_id, NULL::timestamptz AS done, d.d AS chance, split_part(d.person, ' ', 1) AS person
    FROM t_deal d WHERE NOT d.closed AND pg_temp.roll(d.d, 72) %% 4 > 0
    UNION ALL
    SELECT d.d * 2 + 1, d.at + interval '1 hour', d.at::date + 2, d.owner, d.contact, d.contact_id, d.company_id, d.d, d.id,
        d.at + interval '1 hour' + (d.ends - d.at) * 0.3, d.d + 1, split_part(d.person, ' ', 1)
    FROM t_deal d WHERE d.closed AND d.life > 1
) made
CROSS JOIN LATERAL (SELECT pg_temp.pick(chance, 73, ARRAY['call', 'call', 'email', 'meeting', 'todo']) AS type) kind
CROSS JOIN LATERAL (SELECT pg_temp.pick(chance, 74, CASE type WHEN 'call' THEN %(calls)s::text[] WHEN 'email'
    THEN %(mails)s::text[] WHEN 'meeting' THEN %(meetings)s::text[] ELSE %(todos)s::text[] END) AS title) words
"""
# What the services derive, computed once for all: clocks (P8) and lifecycle (R4).
DEAL_CLOCKS = """
CREATE TEMP TABLE t_deal_clock AS
SELECT d.d, said.touched, said.worked, step.ends AS next_at, step.due, COALESCE(step.type, '') AS type,
    COALESCE(step.title, '') AS title
FROM t_deal d
LEFT JOIN (
    SELECT deal, max(at) FILTER (WHERE touches) AS touched, max(at) AS worked FROM t_activity
    WHERE deal IS NOT NULL GROUP BY deal
) said ON said.deal = d.d
LEFT JOIN (
    SELECT t.deal, t.due, t.type, t.title, (t.due + 1)::timestamp AT TIME ZONE o.zone AS ends
    FROM t_task t JOIN t_owner o ON o.n = t.owner WHERE t.done IS NULL
) step ON step.deal = d.d
"""
CONTACT_CLOCKS = """
CREATE TEMP TABLE t_contact_clock AS
SELECT COALESCE(said.contact, step.contact) AS i, said.touched, said.worked, step.next_at
FROM (
    SELECT contact, max(at) FILTER (WHERE touches) AS touched, max(at) AS worked FROM t_activity
    WHERE contact IS NOT NULL GROUP BY contact
) said
FULL JOIN (
    SELECT t.contact, min((t.due + 1)::timestamp AT TIME ZONE o.zone) AS next_at
    FROM t_task t JOIN t_owner o ON o.n = t.owner WHERE t.done IS NULL AND t.contact IS NOT NULL GROUP BY t.contact
) step ON step.contact = said.contact
"""
COMPANY_CLOCKS = """
CREATE TEMP TABLE t_company_clock AS
SELECT company_id AS id, max(at) AS touched FROM t_activity WHERE touches AND company_id IS NOT NULL GROUP BY company_id
"""
LIFECYCLES = """
CREATE TEMP TABLE t_lifecycle AS
SELECT c.i, CASE
    WHEN c.company IN (SELECT company FROM t_deal WHERE closed AND won) THEN 'customer'
    WHEN c.i IN (SELECT contact FROM t_deal WHERE NOT closed AND contact IS NOT NULL) THEN 'opportunity'
    ELSE 'lead' END AS lifecycle
FROM t_contact c
"""
KEYS = (
    "CREATE UNIQUE INDEX ON t_company (i)",
    "CREATE INDEX ON t_company (at)",
    "CREATE UNIQUE INDEX ON t_contact (i)",
    "CREATE INDEX ON t_contact (at)",
    "CREATE INDEX ON t_contact (company, i)",
    "CREATE INDEX ON t_deal (at)",
    "CREATE INDEX ON t_visit (at)",
    "CREATE INDEX ON t_activity (at)",
    "CREATE INDEX ON t_task (at)",
)
