"""Words of the app: what its commands and its system entries are called."""

from django.utils.translation import gettext_lazy as _

COMMANDS = {
    "activities.log": _("logged an activity"),
    "activities.complete": _("completed an activity"),
    "activities.reopen": _("reopened an activity"),
    "activities.reschedule": _("rescheduled an activity"),
    "activities.edit": _("edited an activity"),
    "activities.pin": _("pinned or unpinned a note"),
    "activities.bin": _("put an activity into the bin"),
    "activities.restore": _("restored an activity"),
    "files.add": _("added files"),
    "files.rename": _("renamed a file"),
    "files.bin": _("deleted a file"),
    "files.restore": _("restored a file"),
    "tasks.create": _("created a task"),
    "tasks.complete": _("completed a task"),
    "tasks.reopen": _("reopened a task"),
    "tasks.reschedule": _("rescheduled a task"),
    "tasks.reassign": _("reassigned a task"),
    "tasks.edit": _("edited a task"),
    "tasks.bin": _("put a task into the bin"),
    "tasks.restore": _("restored a task"),
    "tasks.remind": _("sent reminders"),
    "notifications.read": _("read notifications"),
}
