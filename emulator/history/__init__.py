"""Run history: experiments, runs, their status, tags and children."""

from emulator.history.routes import routes

__all__ = ["routes"]
