"""Telling people things (`telling`), by mail too (`mailing`), and how they want to be told (`choices`)."""

from .telling import Note, mark_read, notify

__all__ = ["Note", "mark_read", "notify"]
