"""Export of lists and of whole kinds of records as CSV or XLSX (docs/bulk-and-export.md).

Headings are the import's own field names, so that a file comes back in by itself. Rows are streamed from a server-side
cursor: few go straight to the browser, many into a file that a worker writes.
"""
