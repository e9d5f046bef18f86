"""The table of Django's database cache (used while REDIS_URL is unset), as `createcachetable` would make it."""

from django.db import migrations

CREATE = """
CREATE TABLE IF NOT EXISTS "core_cache" (
    "cache_key" varchar(255) NOT NULL PRIMARY KEY,
    "value" text NOT NULL,
    "expires" timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS "core_cache_expires" ON "core_cache" ("expires");
"""


class Migration(migrations.Migration):
    """Makes the cache table as the owner: the application's role may not create tables."""

    dependencies = [("core", "0002_broker")]

    operations = [migrations.RunSQL(CREATE, 'DROP TABLE IF EXISTS "core_cache"')]
