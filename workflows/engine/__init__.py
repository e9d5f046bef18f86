"""The engine: `events` takes in what happened, `running` does the steps, `due` goes on with what waited."""
