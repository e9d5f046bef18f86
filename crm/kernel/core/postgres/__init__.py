"""Database backend: Django's for PostgreSQL, an embedded server and two roles (see `base`, `server`, `roles`)."""
