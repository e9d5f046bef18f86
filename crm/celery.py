"""The Celery application: which broker, and what beat sends.

Nothing depends on the broker for correctness: it only wakes workers up, and beat's sweep finds what no message told.
A task may therefore be redelivered or lost; it is acknowledged after it ran.
"""

import logging
import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

LONGEST_TASK = 3600  # seconds; a message comes back to the queue after this long without acknowledgement


def broker_settings() -> dict[str, object]:
    """Return the broker's address and transport options: Redis if REDIS_URL is set, else the database."""
    if settings.REDIS_URL:
        return {
            "broker_url": settings.REDIS_URL,
            "broker_transport_options": {"visibility_timeout": LONGEST_TASK},
        }
    from crm.kernel.core import broker

    return {
        "broker_url": broker.register(),
        "broker_transport_options": {
            "init_extension": False,
            "use_notify": True,
            "notify_throttle_interval_ms": 0,
            # Long polling blocks one queue while another has messages, and beat with them.
            "wait_time_seconds": 0,
            "polling_interval": 0.2,
            "pool_size": 2,
            "pool_timeout": 5,
            "visibility_timeout": LONGEST_TASK,
        },
    }


def defaults() -> dict[str, object]:
    """Return Celery's settings. Asked for at first use, since this module is imported before the settings are."""
    return {
        **broker_settings(),
        "timezone": "UTC",
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": LONGEST_TASK - 300,
        "task_soft_time_limit": LONGEST_TASK - 600,
        "worker_prefetch_multiplier": 4,
        # No remote control, events or gossip: each would be one more queue to poll.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "broker_connection_retry_on_startup": True,
        "beat_schedule_filename": str(settings.VAR_DIR / "celerybeat-schedule"),
        "beat_schedule": {
            "compare written records": {
                "task": "contacts.tasks.find_duplicates",
                "schedule": 15.0,
                "options": {"expires": 15},
            },
            "sweep the outbox": {
                "task": "crm.kernel.events.tasks.sweep",
                "schedule": 5.0,
                "options": {"expires": 5},
            },
            "go on with imports": {
                "task": "crm.kernel.listing.tasks.sweep_imports",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "go on with bulk actions and exports": {
                "task": "crm.kernel.listing.tasks.sweep_runs",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "clean files up": {
                "task": "activities.tasks.cleanup_files",
                "schedule": 6 * 3600.0,
                "options": {"expires": 3600},
            },
            "go on with custom fields": {
                "task": "crm.kernel.customfields.tasks.sweep_field_jobs",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "delete old exports, bulk actions and uploads": {
                "task": "crm.kernel.listing.tasks.clean_up_runs",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "offer the purge of the bin": {
                "task": "crm.kernel.listing.tasks.offer_purge",
                "schedule": 24 * 3600.0,
                "options": {"expires": 3600},
            },
            "call due webhooks": {
                "task": "workflows.webhooks.tasks.send_deliveries",
                "schedule": 5.0,
                "options": {"expires": 5},
            },
            "delete old dry runs": {
                "task": "workflows.tasks.clean_up",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "delete old webhook deliveries": {
                "task": "workflows.webhooks.tasks.clean_up_deliveries",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "send notifications at once": {
                "task": "crm.kernel.notifications.tasks.send_notices",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "send due digests": {
                "task": "crm.kernel.notifications.tasks.send_digests",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "send due e-mails": {
                "task": "activities.tasks.send_mails",
                "schedule": 10.0,
                "options": {"expires": 10},
            },
            "send reports by mail": {
                "task": "crm.reports.tasks.send_report_mails",
                "schedule": 600.0,
                "options": {"expires": 600},
            },
            "go on with rules": {
                "task": "workflows.tasks.work",
                "schedule": 5.0,
                "options": {"expires": 5},
            },
            "look at what comes due for rules": {
                "task": "workflows.tasks.look",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "compute forecasts": {
                "task": "deals.tasks.compute_forecasts",
                "schedule": 10.0,
                "options": {"expires": 10},
            },
            "freeze the forecast of each Monday": {
                "task": "deals.tasks.freeze_forecasts",
                "schedule": 300.0,
                "options": {"expires": 300},
            },
            "send due reminders": {
                "task": "activities.tasks.send_due_reminders",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
        },
    }


app = Celery("crm")
app.add_defaults(defaults)
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Leave logging to Django's settings; Celery would otherwise take the root logger over and tell of every tick."""
    for name in ("celery", "kombu"):
        logging.getLogger(name).setLevel(logging.WARNING)
