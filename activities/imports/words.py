"""What columns of other systems are called, per field that an import of activities, notes and tasks can fill."""

LINK_WORDS: dict[str, tuple[str, ...]] = {
    "contact_email": ("email", "contact email", "attendees", "who"),
    "contact_name": ("contact", "contact name", "person", "name"),
    "company": ("account", "account name", "company name", "organisation", "organization"),
    "company_external_id": ("account id", "company id"),
    "deal": ("opportunity", "deal name", "opportunity name", "related to"),
    "deal_external_id": ("deal id", "opportunity id"),
}
ACTIVITY_WORDS: dict[str, tuple[str, ...]] = {
    "type": ("activity type", "kind"),
    "subject": ("title", "topic", "summary", "activity"),
    "body": ("description", "notes", "note", "comments", "body", "details"),
    "at": ("date", "when", "start", "start time", "due date", "activity date", "timestamp", "created"),
    "owner": ("user", "assigned to", "by", "author", "owner", "rep"),
    "done": ("completed", "is done", "closed"),
    "duration": ("duration", "length"),
    "direction": ("call direction",),
    "outcome": ("result", "call result"),
}
NOTE_WORDS: dict[str, tuple[str, ...]] = {
    "body": ("note", "notes", "content", "body", "comment", "description"),
    "subject": ("title", "topic"),
    "at": ("date", "created", "created at", "when"),
    "owner": ("user", "by", "created by", "owner"),
}
TASK_WORDS: dict[str, tuple[str, ...]] = {
    "title": ("subject", "task", "name", "to do"),
    "notes": ("description", "details", "comments"),
    "due": ("due date", "deadline", "due on", "date"),
    "owner": ("assigned to", "owner", "user", "responsible"),
    "type": ("task type", "kind"),
    "priority": ("importance",),
    "done": ("completed", "is done", "status"),
    "done_on": ("completed on", "completed at", "done at", "completed date"),
}
