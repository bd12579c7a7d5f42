"""The studio page: what a person wants to see of the workspace, and the few things to start and stop from there."""
