"""What people do with activities and tasks; every door calls these (ARCHITECTURE 4)."""
