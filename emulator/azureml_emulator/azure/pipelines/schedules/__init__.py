"""Schedules: kept, due, and fired."""
