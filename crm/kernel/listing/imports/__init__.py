"""Import of CSV files: one engine behind the pages and `manage.py import_csv`.

A file becomes an `ImportRun`; its kind's `Importer` (registered by the app that owns the records) says which fields
there are, which records are known already, and writes. The engine reads, checks, counts, resumes and keeps problems.
"""
