"""Answers with the service's own code, without a service."""
