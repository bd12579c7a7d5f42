"""Tells the contract of a SavedModel, scoring.contract.Contract, or everything that stands in its way."""
