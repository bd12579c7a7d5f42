"""Infers a contract from what is known: pure functions."""
