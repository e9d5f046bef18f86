"""Thin doors for Celery.

Forecasts read all deals: a process of their own gives the memory for that back as it ends, where a worker would keep it,
and nothing else waits for them.
"""

from celery import shared_task
from django.utils import timezone

from crm.kernel.core.supervisor import start_apart

from .forecast.freezing import due_mondays
from .models import KeptForecast


@shared_task(ignore_result=True)
def compute_forecasts() -> None:
    """Have the forecasts computed that pages have asked for: sent by beat every ten seconds."""
    if KeptForecast.objects.waiting().exists():
        start_apart("forecasts", "compute")


@shared_task(ignore_result=True)
def freeze_forecasts() -> None:
    """Have the forecast of each Monday frozen that has come: sent by beat every five minutes."""
    if any(due_mondays(timezone.now())):
        start_apart("forecasts", "freeze")
