"""What is done with webhooks; import from the modules."""
