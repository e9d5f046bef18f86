"""Import of activities, notes and tasks (R5, R6), and notes as a column of contacts, companies and deals."""

from crm.kernel.listing.imports.registry import extend, register

from .kinds import ActivityImporter, NoteImporter, TaskImporter
from .notes import NOTE, write_notes

register(ActivityImporter())
register(NoteImporter())
register(TaskImporter())
extend("contacts", [NOTE], lambda job, rows: write_notes("contact_ids", job, rows))
extend("companies", [NOTE], lambda job, rows: write_notes("company_id", job, rows))
extend("deals", [NOTE], lambda job, rows: write_notes("deal_id", job, rows))
