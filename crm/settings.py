"""Settings of the whole project, read from the environment (`.env.example` documents every variable).

A secret may also come from a file: `SECRET_KEY_FILE=/run/secrets/key` is read when `SECRET_KEY` is unset.
Outside development (`DEBUG` off) the site refuses to start with a wildcard host or a secret that it made up itself.
"""

import secrets
from pathlib import Path
from typing import Any

import environ
import pghistory
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("CRM_VAR", default=str(BASE_DIR / "var"))).resolve()
DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)


def local_secret_key() -> str:
    """Return the secret key kept beside the embedded database, made on the first start of a local installation."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = env.str("SECRET_KEY", default="") or ("" if PRODUCTION else local_secret_key())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if PRODUCTION and (len(SECRET_KEY) < 32 or "*" in ALLOWED_HOSTS or DEBUG):
    raise ImproperlyConfigured(
        "PRODUCTION needs SECRET_KEY (32 characters or more), ALLOWED_HOSTS without '*', and DEBUG off."
    )

INSTALLED_APPS = [
    "crm.kernel.core.adminconfig.CrmAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "pghistory",
    "crm.kernel.core",
    "crm.kernel.workspace",
    "crm.kernel.users",
    "crm.kernel.audit",
    "crm.kernel.events",
    "crm.kernel.notifications",
    "crm.kernel.search",
    "crm.kernel.customfields",
    "crm.kernel.listing",
    "contacts",
    "deals",
    "activities",
    "crm.reports",
    "workflows.webhooks",
    "workflows",
    "crm.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.kernel.users.middleware.PersonMiddleware",
    "crm.kernel.core.middleware.FragmentCacheMiddleware",
    "crm.kernel.core.middleware.NotAllowedPageMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.kernel.core.context.shell",
            ],
            "builtins": ["crm.kernel.core.templatetags.components"],
        },
    }
]

# Form controls are drawn by our own templates (templates/widgets).
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The embedded server is used while DATABASE_URL is unset; the backend starts it at the first connection.
# DATABASE_URL names the role the application runs as, DATABASE_OWNER_URL the one that owns the tables (migrations).
DATABASE: dict[str, Any] = env.db_url("DATABASE_URL") if env.str("DATABASE_URL", default="") else {"NAME": "crm"}
POOL = {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=4), "timeout": 10}
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "crm.kernel.core.postgres",
        "CONN_MAX_AGE": 0,
        # A pooled connection is tried before it is used: after a restart of the database no request meets a dead one.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**DATABASE.get("OPTIONS", {}), "pool": POOL},
    }
}
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}
}

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["crm.kernel.users.adapter.PersonBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_ADAPTER = "crm.kernel.users.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None  # ask on the sign-in page
ACCOUNT_USER_DISPLAY = "crm.kernel.users.models.display_name"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Uploaded files: a folder here, or a bucket of anything that speaks S3 (docs/install.md).
S3_BUCKET = env.str("FILES_S3_BUCKET", default="")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("FILES_S3_ENDPOINT", default="") or None,
            "region_name": env.str("FILES_S3_REGION", default="") or None,
            "access_key": env.str("FILES_S3_KEY", default="") or None,
            "secret_key": env.str("FILES_S3_SECRET", default="") or None,
            "location": env.str("FILES_S3_FOLDER", default=""),
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }
    if S3_BUCKET
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "files")},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "crm.kernel.core.staticfiles.StaticStorage"
    },
}

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "frame-src": [CSP.SELF],  # a mail as it looks, in a frame of its own
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
HTTPS = env.bool("HTTPS", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

MAIL_TIMEOUT = env.int("MAIL_TIMEOUT", default=30)  # seconds


def mailer() -> dict[str, Any]:
    """Return Django's mailer for EMAIL_URL."""
    url: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
    backend = str(url["EMAIL_BACKEND"])
    options: dict[str, Any] = {}
    if backend.endswith("smtp.EmailBackend"):
        options = {
            "host": url["EMAIL_HOST"] or "localhost",
            "port": url["EMAIL_PORT"] or 25,
            "username": url["EMAIL_HOST_USER"] or "",
            "password": url["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": url.get("EMAIL_USE_TLS", False),
            "use_ssl": url.get("EMAIL_USE_SSL", False),
            "timeout": MAIL_TIMEOUT,
        }
    elif backend.endswith("filebased.EmailBackend"):
        options = {"file_path": f"/{url['EMAIL_FILE_PATH']}"}
    return {"BACKEND": backend, "OPTIONS": options}


MAILERS = {"default": mailer()}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="crm@localhost")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")

MEGABYTE = 1024 * 1024
FILES_MAX_BYTES = env.int("FILES_MAX_MB", default=25) * MEGABYTE
FILES_MAX_COUNT = env.int("FILES_MAX_COUNT", default=200)
FILES_MAX_TOTAL_BYTES = env.int("FILES_MAX_TOTAL_MB", default=0) * MEGABYTE
IMPORT_FILES_DAYS = env.int("IMPORT_FILES_DAYS", default=30)  # how long uploaded CSV files are kept

DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# History (crm.kernel.audit): business time may be dated back by `crm.at`; one row per write, deletes included.
PGHISTORY_CREATED_AT_FUNCTION = "COALESCE(NULLIF(current_setting('crm.at', true), '')::timestamptz, clock_timestamp())"
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_BASE_MODEL = "crm.kernel.core.history.HistoryRow"
# History is looked up by record, change-set and parent alone (core.history): every other index would only slow writes.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# PGMQ's own statements never run through Django; Celery is configured in crm/celery.py.
CELERY_BROKER_URL = REDIS_URL

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
