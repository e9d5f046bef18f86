"""Pages of history and undo."""
