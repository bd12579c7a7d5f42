"""The machine that was measured: processor, GPU, and the versions of what computes."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.gpu.device import gpus
from benchmarks.machine import machine

PACKAGES = ("azureml-inference-server-http", "gunicorn", "numpy", "simplejpeg", "uvicorn", "uvloop")
LIBRARIES = (
    "tensorflow",
    "tensorflow-cpu",
    "nvidia-cuda-runtime-cu12",
    "nvidia-cudnn-cu12",
    "nvidia-cublas-cu12",
)


def describe(*, gpu: bool) -> dict[str, Any]:
    found = gpus()
    return {
        **machine(PACKAGES),
        "device": found[0]["name"] if gpu else "the CPU (a rehearsal: no GPU)",
        "gpus": found,
        "libraries": {name: installed for name in LIBRARIES if (installed := _installed(name))},
    }


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
