"""How the states of runs look: tone and icon."""

TONES: dict[str, tuple[str, str]] = {
    "done": ("ok", "check"),
    "failed": ("bad", "triangle-alert"),
    "stopped": ("bad", "ban"),
    "held": ("warn", "pause"),
    "waiting": ("accent", "clock"),
    "ready": ("accent", "clock"),
    "retrying": ("warn", "history"),
}


def tone_of(state: str) -> tuple[str, str]:
    """Return tone and icon of a state; what was skipped, dismissed or cancelled is quiet."""
    return TONES.get(state, ("", "minus"))
