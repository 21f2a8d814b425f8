"""HTTP handlers on the memory container."""
