"""Possible duplicates (M1): found as records are written and by a scan, judged by people, remembered."""
