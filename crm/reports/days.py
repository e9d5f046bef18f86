"""On which days reports go out."""

import datetime as dt


def next_due(every: str, today: dt.date) -> dt.date:
    """Return the next day on which a mail is due: the next Monday, or the first of the next month."""
    if every == "week":
        return due_day(every, today) + dt.timedelta(days=7)
    return (today.replace(day=1) + dt.timedelta(days=31)).replace(day=1)


def due_day(every: str, today: dt.date) -> dt.date:
    """Return the latest day on which a mail is due: for `week` Monday, for `month` the first of the month."""
    return today - dt.timedelta(days=today.weekday()) if every == "week" else today.replace(day=1)
