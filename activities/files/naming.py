"""What a file may be called: the name that somebody's computer sent is never trusted."""

import re
import unicodedata

MOST_BYTES = 255
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def safe_name(name: str) -> str:
    """Return a name without folders, without what cannot be seen or turns text around, of at most 255 bytes.

    The ending is kept. A name of which nothing is left becomes "file".
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    words = " ".join(FORBIDDEN.sub("_", seen).split()).strip(". ")
    if not words:
        return "file"
    stem, dot, ending = words.rpartition(".")
    if not stem or len(ending) > 16:
        stem, dot, ending = words, "", ""
    room = MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending
