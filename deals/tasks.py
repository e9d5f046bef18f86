"""Thin doors for Celery.

Forecasts read all deals: a process of their own gives the memory for that back as it ends, and a worker would keep it.
"""

from celery import shared_task
from django.utils import timezone

from crm.kernel.core.supervisor import run_apart

from .forecast.freezing import due_mondays
from .models import KeptForecast


@shared_task(ignore_result=True)
def compute_forecasts() -> None:
    """Compute the forecasts that pages have asked for: sent by beat every ten seconds."""
    if KeptForecast.objects.waiting().exists():
        run_apart("forecasts")


@shared_task(ignore_result=True)
def freeze_forecasts() -> None:
    """Freeze the forecast of each Monday that has come: sent by beat every five minutes."""
    if any(due_mondays(timezone.now())):
        run_apart("forecasts")
