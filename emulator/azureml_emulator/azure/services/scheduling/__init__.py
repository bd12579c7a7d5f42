"""Whether a cluster's nodes have room for a service's replicas, as Kubernetes counts it."""
