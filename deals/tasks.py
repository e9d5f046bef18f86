"""Thin doors for Celery."""

from celery import shared_task

from .forecast import answers, freezing


@shared_task(ignore_result=True)
def compute_forecasts() -> int:
    """Compute the forecasts that pages have asked for: sent by beat every ten seconds."""
    return answers.compute_waiting()


@shared_task(ignore_result=True)
def freeze_forecasts() -> int:
    """Freeze the forecast of each Monday that has come: sent by beat every five minutes."""
    return freezing.freeze_due()
