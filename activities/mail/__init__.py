"""E-mail that goes out: templates, the queue, who must not be written to (E4, E5)."""
