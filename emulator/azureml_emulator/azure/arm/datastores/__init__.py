"""Datastores as Azure Resource Manager has them: the same that SDK v1 knows."""
