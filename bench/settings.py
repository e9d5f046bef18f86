"""The product's settings, with the floors mounted beside its pages: both are served by the same processes."""

from crm.settings import *  # noqa: F403  these are the product's settings
from crm.settings import BASE_DIR, DATABASES, TEMPLATES, env

ROOT_URLCONF = "bench.urls"
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], BASE_DIR / "bench" / "templates"]

# The import is measured on a copy of the database, which is dropped afterwards.
DATABASES["default"]["NAME"] = env.str("BENCH_DATABASE", default=DATABASES["default"]["NAME"])
