"""The choices that lead to settings, as options to be typed: every command that is printed repeats them."""

import shlex
from collections.abc import Mapping

from config.loading.folder import FOLDER_VARIABLE

OPTIONS_VARIABLE = "AMLGPU_OPTIONS"
"""In a step: the options of whoever defined its pipeline. What it prints is typed elsewhere, without its variables."""


def options(target: str, service: str, overrides: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The options with which another verb reads the same settings, quoted for a shell."""
    if typed := environ.get(OPTIONS_VARIABLE):
        return typed
    return typed_options(target, service, overrides, environ.get(FOLDER_VARIABLE))


def typed_options(target: str, service: str, overrides: Mapping[str, str], folder: str | None) -> str:
    words = ["--target", target, "--service", service]
    words += ["--config", folder] if folder else []
    for key, value in overrides.items():
        words += ["--set", f"{key}={value}"]
    return shlex.join(words)
