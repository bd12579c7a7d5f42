"""Runs: their history, their metrics, what they read and write, and those of a script outside of pipelines."""
