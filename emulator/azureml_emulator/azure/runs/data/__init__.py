"""What runs read and write: places on datastores and datasets, brought to a run and kept when it has succeeded."""
