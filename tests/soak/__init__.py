"""The soak: a whole system under steady load for long, which may not grow."""
