"""Computes: the GPU sizes of their nodes, what those cost, and how many replicas they have room for."""
