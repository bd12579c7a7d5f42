"""Entry scripts of replicas: each stands alone, nothing of the workspace is imported."""
