"""Database backend: Django's PostgreSQL backend plus an embedded server and two roles (see `base`, `server`, `roles`)."""
