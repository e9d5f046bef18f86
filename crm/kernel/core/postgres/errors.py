"""Errors of the embedded server."""


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be set up or started; the text says what to do."""
