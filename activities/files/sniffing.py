"""What a file is, by its first bytes: a closed list. Its name and what the browser says are never believed."""

import codecs
import zipfile
from typing import IO

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
UNKNOWN = "application/octet-stream"
HEAD = 4096
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"ID3", "audio/mpeg"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
OFFICE = (
    ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)


def sniff(content: IO[bytes]) -> str:
    """Return the type of a file's content; what is not on the list, HTML and SVG among it, has no type of its own."""
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(content)
    return "text/plain" if _is_text(head) else UNKNOWN


def _zipped(content: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(content) as archive:
            names = archive.namelist()[:1000]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return UNKNOWN
    finally:
        content.seek(0)
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in OFFICE if any(n.startswith(folder) for n in names)), "application/zip")
    return "application/zip"


def _is_text(head: bytes) -> bool:
    """Say whether a file is plain text; what begins like a page or a drawing is not."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return bool(text) and "\x00" not in text and not text.lstrip("\ufeff \t\r\n").startswith("<")
