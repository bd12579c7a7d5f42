"""The libraries of CUDA 12 that TensorFlow opens by name, and where those that pip installed lie.

TensorFlow 2.21 registers no GPU unless it can open all of them. Those of the wheels `nvidia-*-cu12` it finds by the
RUNPATH of libtensorflow_framework.so.2, which lacks nvidia/cusolver/lib: https://github.com/tensorflow/tensorflow/pull/112973.
A library that the process has loaded already is found by its name alone, so cuSOLVER and what that needs are loaded
here first, from where a complete RUNPATH would find them. Where the machine has no driver, or pip installed no such
wheel, nothing is loaded.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

DRIVER = "libcuda.so.1"
_CUSOLVER = ("libnvJitLink.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcusparse.so.12", "libcusolver.so.11")
NEEDED = ("libcudart.so.12", *_CUSOLVER, "libcufft.so.11", "libcudnn.so.9")
"""Each after those that it needs itself."""


@cache
def load_wheels() -> None:
    """Load cuSOLVER where only its wheel has it; to be called before TensorFlow's first look at the devices."""
    if _wheel(_CUSOLVER[-1]) is None or complaint(DRIVER):
        return
    for name in _CUSOLVER:
        path = None if _is_preferred(name) else _wheel(name)
        if path is not None:
            with suppress(OSError):  # what is wrong with it is said where a GPU is required: `complaint`
                ctypes.CDLL(str(path))


def complaint(name: str) -> str | None:
    """Why a library can't be opened, in the loader's words; None where it can."""
    path = None if _is_preferred(name) else _wheel(name)
    try:
        ctypes.CDLL(str(path or name))
    except OSError as error:
        return str(error)
    return None


def _is_preferred(name: str) -> bool:
    """Whether LD_LIBRARY_PATH has it, which the loader searches before any RUNPATH."""
    return any((Path(folder) / name).exists() for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder)


def _wheel(name: str) -> Path | None:
    return next((path for folder in _folders() if (path := folder / name).exists()), None)


def _folders() -> Iterator[Path]:
    """Where the wheels of NVIDIA have their libraries: nvidia/cusolver/lib and so on."""
    found = find_spec("nvidia")
    for place in (found and found.submodule_search_locations) or ():
        yield from sorted(Path(place).glob("*/lib"))
