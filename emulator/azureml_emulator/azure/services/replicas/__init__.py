"""The life of a service's replicas, from their start to their end."""
