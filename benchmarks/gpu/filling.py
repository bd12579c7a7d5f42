"""Takes what is free of the first GPU's memory, and gives it back when standard input ends.

    python -m benchmarks.gpu.filling LEAVE_MIB

By the driver alone: cuMemAlloc, https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MEM.html. Prints `full` once
it has all but LEAVE_MIB, or what the driver refused.
"""

import ctypes
import sys
from typing import Any

MIB = 2**20
SMALLEST = 2 * MIB  # cuMemAlloc's pages


def fill(leave: int) -> int:
    """Bytes taken, so that no more than `leave` and SMALLEST are free. RuntimeError where the driver refuses."""
    driver: Any = ctypes.CDLL("libcuda.so.1")
    device, context, pointer = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_uint64()
    _do(driver.cuInit(0))
    _do(driver.cuDeviceGet(ctypes.byref(device), 0))
    _do(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device))
    _do(driver.cuCtxSetCurrent(context))
    taken, size = 0, _free(driver)
    while size >= SMALLEST:
        size = min(size, _free(driver) - leave)
        if size >= SMALLEST and driver.cuMemAlloc_v2(ctypes.byref(pointer), ctypes.c_size_t(size)) == 0:
            taken += size
        else:
            size //= 2  # what is free may lie in pieces
    return taken


def _free(driver: Any) -> int:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    _do(driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)))
    return free.value


def _do(code: int) -> None:
    if code:
        raise RuntimeError(f"CUDA's driver answers {code}")


if __name__ == "__main__":
    try:
        fill(int(sys.argv[1]) * MIB)
    except (OSError, RuntimeError) as error:
        sys.exit(str(error))
    print("full", flush=True)
    sys.stdin.read()
