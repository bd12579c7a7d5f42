"""Reads what a graph tells, without loading it."""
