"""The machine that measurements were taken on, as it is written beside them."""

import os
import platform
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# The processor features that decide how fast TensorFlow multiplies matrices, and in which number formats.
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


class MissingPackageError(Exception):
    """A package that is measured, or measures, isn't installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} isn't installed: pip install -e '.[bench]', or `make bench-serving`, which does it")


def machine(packages: Iterable[str]) -> dict[str, object]:
    """Date, processor, system and the installed versions of `packages`. MissingPackageError names one that isn't."""
    model, features = cpu()
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "cpu": model,
        "cpu_features": features,
        "cores": os.cpu_count(),
        "platform": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise MissingPackageError(package) from None


def cpu() -> tuple[str, list[str]]:
    """The processor's name and which of FEATURES it has; only Linux tells, elsewhere the list is empty."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine(), []
    return read_cpuinfo(text)


def read_cpuinfo(text: str) -> tuple[str, list[str]]:
    """Name and FEATURES of the first processor in the text of /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    flags = set(fields.get("flags", "").split())
    return fields.get("model name", platform.machine()), [name for name in FEATURES if name in flags]
