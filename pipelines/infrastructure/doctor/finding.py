"""What a check found out, and what is to be done about it."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from config.errors import AmlGpuError, LocalWorkspaceError
from config.exit_codes import ExitCode
from workspaces.errors import NotSignedIn, RequestError

LONGEST = 400
"""Characters that are shown of what Azure says."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    outcome: Literal["ok", "warn", "fail", "skipped"]
    """``skipped``: nobody knows; a check that it depends on failed, or it can't be looked at from here."""
    text: str
    mend: str = ""
    """What to do; empty where there is nothing."""
    exit_code: ExitCode = ExitCode.WORKSPACE
    """Of a failure: what the command line ends with where it is the first."""


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warn(text: str, mend: str) -> Finding:
    return Finding("warn", text, mend)


def fail(text: str, mend: str, exit_code: ExitCode = ExitCode.WORKSPACE) -> Finding:
    return Finding("fail", text, mend, exit_code)


def skipped(text: str, mend: str = "") -> Finding:
    return Finding("skipped", text, mend)


def of_error(error: AmlGpuError, mend: str) -> Finding:
    """A failure in the words of an error."""
    if isinstance(error, LocalWorkspaceError):
        text, _, ours = str(error).partition("; ")  # such as: start it with `amlgpu local up`
        return fail(text, ours or "`amlgpu local up` starts the local workspace", error.exit_code)
    return fail(in_a_line(error), mend, error.exit_code)


def in_a_line(error: AmlGpuError) -> str:
    """What an error says; of what Azure says the start, and of a sign-in not the advice that follows."""
    if not isinstance(error, RequestError):
        return " ".join(str(error).split())
    text = str(error).partition("\n")[0] if isinstance(error, NotSignedIn) else str(error)
    return textwrap.shorten(text, LONGEST, placeholder=" …")


def exit_code(findings: Mapping[str, Finding]) -> int:
    """0 when nothing failed, else that of the first failure."""
    return next((int(one.exit_code) for one in findings.values() if one.outcome == "fail"), 0)
