"""Every exit code of `amlgpu`, and of the steps' scripts; docs/releases.md tells users what to do about each."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Of errors, by the class in config/errors.py that is raised; of verbs that answer a question, by the answer."""

    UNFORESEEN = 1
    CONFIG = 2
    MODEL = 3
    NOT_BLESSED = 4
    DEPLOYMENT = 5
    SMOKE_TEST = 6
    WORKSPACE = 7
    LOCAL_WORKSPACE = 8
    ROLLBACK = 9
    TAMPERED = 12

    PLAN_CHANGES = 2
    """`amlgpu plan`: a run would change something. The same as CONFIG, as with `diff` and `terraform plan`."""
    DRIFT = 10
    DRIFT_UNDECIDED = 11
    INTERRUPTED = 130
    """Ctrl-C, as a shell reports it."""
