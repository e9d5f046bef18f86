"""What is done with templates, mails and blocked addresses; import from the modules."""
