"""Every error that this project raises on purpose, and the exit code that each gives the command line.

AmlGpuError                 1
├── ConfigError             2   a setting is missing, unknown, or not possible
├── ModelError              3   the SavedModel or the validation data can't be used
├── NotBlessedError         4   validation didn't bless the candidate, so nothing was deployed
├── DeploymentError         5   the service didn't reach a healthy state
├── SmokeTestError          6   the live service answered wrongly
├── WorkspaceError          7   Azure ML, its compute or the sign-in refused a request
├── LocalWorkspaceError     8   the local workspace's process didn't start, stop or answer
├── RollbackError           9   EMERGENCY: the service is wrong and couldn't be put back
└── TamperedError          12   what a run relies on was changed after it was written

A message names what is wrong, where (file, key, value) and what to do about it: it is shown to the user as it is.
Exit code 1 also stands for anything unforeseen.
"""

from typing import ClassVar

from config.exit_codes import ExitCode


class AmlGpuError(Exception):
    """Root of the tree: an error that a user can act on, shown without a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNFORESEEN


class ConfigError(AmlGpuError):
    """A setting is missing, unknown, of the wrong type, or impossible together with another."""

    exit_code = ExitCode.CONFIG


class ModelError(AmlGpuError):
    """The SavedModel or the labelled validation data can't be used as given."""

    exit_code = ExitCode.MODEL


class NotBlessedError(AmlGpuError):
    """The candidate's verdict isn't BLESSED and nobody gave a reason to deploy it all the same."""

    exit_code = ExitCode.NOT_BLESSED


class DeploymentError(AmlGpuError):
    """The service couldn't be created or updated, or didn't become healthy in time."""

    exit_code = ExitCode.DEPLOYMENT


class SmokeTestError(AmlGpuError):
    """The deployed service answers, but not as it must."""

    exit_code = ExitCode.SMOKE_TEST


class WorkspaceError(AmlGpuError):
    """Azure ML refused or failed a request: sign-in, permission, quota, compute, network."""

    exit_code = ExitCode.WORKSPACE


class LocalWorkspaceError(AmlGpuError):
    """The process of the local workspace didn't start, stop or answer."""

    exit_code = ExitCode.LOCAL_WORKSPACE


class RollbackError(AmlGpuError):
    """The service answers wrongly, or not at all, and what it ran before couldn't be put back: a person has to."""

    exit_code = ExitCode.ROLLBACK


class TamperedError(AmlGpuError):
    """What a run relies on was changed after it was written or measured, so nothing of it is believed."""

    exit_code = ExitCode.TAMPERED
