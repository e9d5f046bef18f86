"""Pages of contacts, leads and companies."""
