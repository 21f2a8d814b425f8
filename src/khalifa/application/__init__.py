"""What khalifa does: one module per use case."""
