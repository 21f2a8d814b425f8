"""Where the outside world comes in: HTTP, the queue worker, the command line."""
