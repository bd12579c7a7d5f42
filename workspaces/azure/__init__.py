"""What the adapters share: Azure's sign-in, storage and Resource Manager, which belong to neither SDK of Azure ML."""
