"""On which days reports go out."""

import datetime as dt


def due_day(every: str, today: dt.date) -> dt.date:
    """Return the latest day on which a mail is due: for `week` Monday, for `month` the first of the month."""
    return today - dt.timedelta(days=today.weekday()) if every == "week" else today.replace(day=1)
