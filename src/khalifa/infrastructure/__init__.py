"""Adapters: everything with a socket, a file or a clock."""
