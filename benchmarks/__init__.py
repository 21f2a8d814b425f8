"""What khalifa promises of its speed, measured side by side on real servers: `make bench`."""
