"""Webhooks: what rules tell other programs, signed, tried again, and never inwards (W3)."""
