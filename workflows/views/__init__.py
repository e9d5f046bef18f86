"""Pages of automation, for holders of the right to rules (U2)."""
