"""HTTP glue of activities, tasks, the timeline and My day."""
