"""What every adapter of a port must keep, written once against the port."""
