"""Removing for good what has been in the bin for 30 days: offered to admins, done by the worker (R8)."""
