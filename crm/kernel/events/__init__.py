"""Events and the outbox: `DomainEvent`, `publish`, `subscribe`, `consume` live in `bus`."""
