"""The queue workers."""
