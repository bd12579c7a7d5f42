"""Assets as Azure Resource Manager has them: codes, models, data, environments and components, each of versions."""
