"""The schema's way up and down, on every database."""
