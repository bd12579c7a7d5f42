"""What leads the SDKs, and all of Azure's libraries, to the local workspace and nowhere else."""
