from enum import Enum


class Mode(str, Enum):
    """What becomes of the packages that environments declare."""

    WARN = "warn"
    VENV = "venv"
    STRICT = "strict"
