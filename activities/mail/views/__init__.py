"""Pages of mail."""
