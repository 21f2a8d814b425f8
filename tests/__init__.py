"""What khalifa promises, tried."""
