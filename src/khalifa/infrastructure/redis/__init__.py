"""Redis and Valkey: job queue, event stream, the sandbox phone."""
