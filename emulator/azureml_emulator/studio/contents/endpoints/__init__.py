"""What answers requests: web services, online endpoints and batch endpoints."""
