"""Where the content of files is kept: in Django's storage (local disk or S3-compatible), once for each content."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage

FOLDER = "attachments"
CHUNK = 1 << 20


def digest(content: IO[bytes]) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    found = hashlib.sha256()
    content.seek(0)
    while part := content.read(CHUNK):
        found.update(part)
    content.seek(0)
    return found.hexdigest()


def path_of(sha256: str) -> str:
    """Return the name under which a content is kept."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


def store(content: Any, sha256: str) -> None:
    """Keep a content, unless it is kept already."""
    path = path_of(sha256)
    if default_storage.exists(path):
        return
    content.seek(0)
    saved = default_storage.save(path, File(content))
    if saved != path:  # somebody else stored the same content at the same moment
        default_storage.delete(saved)


def open_blob(sha256: str) -> Any:
    """Return an open file with the content. Raises FileNotFoundError if it is gone."""
    return default_storage.open(path_of(sha256), "rb")


def is_there(sha256: str) -> bool:
    """Say whether a content is kept."""
    return default_storage.exists(path_of(sha256))


def delete(sha256: str) -> None:
    """Remove a content for good."""
    default_storage.delete(path_of(sha256))


def kept() -> Iterator[str]:
    """Yield the SHA-256 of everything that is kept."""
    if not default_storage.exists(FOLDER):
        return
    folders, _files = default_storage.listdir(FOLDER)
    for folder in folders:
        yield from default_storage.listdir(f"{FOLDER}/{folder}")[1]


def age_in_hours(sha256: str, now: Any) -> float:
    """Return how long ago a content was stored."""
    return float((now - default_storage.get_modified_time(path_of(sha256))).total_seconds() / 3600)
