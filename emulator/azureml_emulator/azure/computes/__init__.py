"""Compute targets: AmlCompute and AKS clusters, and the GPUs that they have."""

from azureml_emulator.azure.computes.routes import routes

__all__ = ["routes"]
