"""What runs leave: metrics, logs and files."""
