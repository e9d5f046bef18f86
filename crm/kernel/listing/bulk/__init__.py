"""Bulk actions: one change of many records, by selection or by all that match a list (docs/bulk-and-export.md).

Apps register a `BulkAction` per kind of record; a `BulkRun` says what is done to which records. Each batch is one
transaction under the run's one change-set: the records, what became of each, and the counts are committed together.
"""
