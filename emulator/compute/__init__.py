"""Compute targets: AmlCompute and AKS clusters, and the GPUs that they have."""

from emulator.compute.routes import routes

__all__ = ["routes"]
