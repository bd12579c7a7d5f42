"""Which Python and which SDK this is, and whether they are those that are tested."""

import re
import sys
from collections.abc import Callable, Iterable
from datetime import date
from importlib.metadata import PackageNotFoundError, requires, version

from pipelines.infrastructure.doctor.finding import Finding, fail, ok, warn

SUPPORT_ENDED = date(2026, 6, 30)
"""Of SDK v1: https://learn.microsoft.com/azure/machine-learning/how-to-migrate-from-v1"""
PACKAGES = {"v1": "azureml-core", "v2": "azure-ai-ml"}
NONE = "none"
PINNED = re.compile(r"""([a-z-]+)==([^; ]+); extra == ["']sdk-(v1|v2)["']""")


def of_versions(today: date, sdk: str) -> Finding:
    """As they are installed here."""
    try:
        pinned = requires("aml-gpu-pipeline") or []
    except PackageNotFoundError:
        pinned = []
    return judge(pinned, version_of, today, sdk)


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return NONE


def judge(pinned: Iterable[str], installed: Callable[[str], str], today: date, sdk: str = "v1") -> Finding:
    """``pinned`` are requirements, of which those of the SDK's extra have to be met to the letter."""
    package = PACKAGES[sdk]
    known = f"Python {'.'.join(map(str, sys.version_info[:3]))}, {package} {installed(package)}"
    if installed(package) == NONE:
        return fail(f"{known}: workspace.sdk={sdk} needs it", f"`pip install -e '.[sdk-{sdk}]'` brings it")
    found = [match for one in pinned if (match := PINNED.fullmatch(one)) and match[3] == sdk]
    others = [f"{one[1]} {there}, not {one[2]}" for one in found if (there := installed(one[1])) != one[2]]
    if others:
        return warn(f"{known}; untested: {', '.join(others)}", "`make setup` installs the versions that are tested")
    if sdk == "v1" and today > SUPPORT_ENDED:
        text = f"{known}; Microsoft's support of SDK v1 ended on {SUPPORT_ENDED}"
        return warn(text, "nothing today; README.md says what that means")
    return ok(known)
