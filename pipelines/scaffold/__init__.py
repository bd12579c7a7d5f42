"""Writes the file of a new service, by what was found out about its model."""
