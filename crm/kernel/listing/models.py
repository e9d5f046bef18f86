"""Tables of the listing app: the import's."""

from .imports.models import ImportMapping, ImportProblem, ImportRun

__all__ = ["ImportMapping", "ImportProblem", "ImportRun"]
