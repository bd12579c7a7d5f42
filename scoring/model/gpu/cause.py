"""Why TensorFlow sees no GPU, as far as it can be told without TensorFlow."""

import ctypes
import os

from scoring.model.gpu.libraries import DRIVER, NEEDED, complaint

VISIBLE = "CUDA_VISIBLE_DEVICES"


def cause_of_no_gpu(cuda: str | None) -> str:
    """What is in the way of a TensorFlow that was built for this version of CUDA, such as "12.5.1"; None: for none."""
    if cuda is None:
        return "this is TensorFlow's build for CPUs; the image needs the one for GPUs (tensorflow[and-cuda])"
    if reason := complaint(DRIVER):
        return (
            f"{DRIVER} can't be opened ({reason}): no NVIDIA driver. Check the node's size, its driver, and that the "
            "container is given GPUs"
        )
    hidden = os.environ.get(VISIBLE)
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"{VISIBLE} is {hidden!r}, which hides all GPUs from this process"
    if refused := _driver_error():
        return f"the NVIDIA driver refuses ({refused}): is there a GPU, and is the driver new enough for CUDA {cuda}?"
    reasons = [complaint(name) for name in NEEDED] if cuda.partition(".")[0] == "12" else []
    if missing := [reason for reason in reasons if reason]:
        return (
            f"of CUDA {cuda} {'; '.join(missing)}. The image needs the libraries that tensorflow[and-cuda] installs, "
            "or their folders in LD_LIBRARY_PATH"
        )
    return (
        "its driver and libraries can be opened; with TF_CPP_MAX_VLOG_LEVEL=3 TensorFlow's log has its reason "
        f"({VISIBLE} is {'not set' if hidden is None else repr(hidden)})"
    )


def _driver_error() -> str | None:
    """The name of the error that the driver starts with, such as CUDA_ERROR_NO_DEVICE; None where it starts."""
    driver, name = ctypes.CDLL(DRIVER), ctypes.c_char_p()
    code = int(driver.cuInit(0))
    if code == 0:
        return None
    driver.cuGetErrorName(code, ctypes.byref(name))
    return name.value.decode() if name.value else f"error {code}"
