"""Settings of custom fields, for holders of the flag `settings`."""
