"""The same ports in dictionaries: for tests, and as the reference behaviour."""
