"""Measurements, each printed as a table and written as JSON with the machine that they were taken on."""
