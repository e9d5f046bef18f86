"""How static files are stored outside development."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names every file after its content, also in the `import` lines of scripts.

    Without the latter a page's own module would load `app.js` a second time under another address.
    """

    support_js_module_import_aggregation = True
