"""The words of which the sample workspace is made: our own lists, no real people or companies."""
