"""What only a local workspace has: a clock for schedules that can be moved forward, and a fresh start for tests."""

from azureml_emulator.testing.own.routes import routes

__all__ = ["routes"]
