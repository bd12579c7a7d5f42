"""What only a local workspace has: a clock that can be moved forward, for schedules to fire."""

from emulator.own.routes import routes

__all__ = ["routes"]
