"""How static files are stored outside development."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from .scripts import joined

SCRIPTS = "js/"


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Joins scripts into one file per page's module and names every file after its content, in `import` lines too.

    Without the latter a page's own module would load `app.js` a second time under another address.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Put joined scripts in the place of the written ones, then name and compress all files."""
        scripts = InMemoryStorage()

        def read(part: str) -> str:
            storage, path = paths[SCRIPTS + part]
            with storage.open(path) as file:
                return str(file.read().decode())

        names = [name for name in paths if name.startswith(SCRIPTS) and name.endswith(".js")]
        for name in names:
            scripts.save(name, ContentFile(joined(name.removeprefix(SCRIPTS), read).encode()))
        return super().post_process(paths | {name: (scripts, name) for name in names}, dry_run, **options)
