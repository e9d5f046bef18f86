"""Files of records: what is in them, what they may be called, where their content is kept."""
