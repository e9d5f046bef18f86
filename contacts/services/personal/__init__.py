"""Personal data of a contact: everything held on them as one archive, and their erasure (H1)."""

from .erasing import erase_person
from .runs import archive_of, perform, request_archive, request_erasure

__all__ = ["archive_of", "erase_person", "perform", "request_archive", "request_erasure"]
