"""Whether TensorFlow computes on the GPU: `python check.py` after activate.sh.

Ends with 1, and says at what, where it doesn't.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def calls() -> dict[str, Callable[[], Any]]:
    """One for each library."""
    image, kernel = tf.random.normal((8, 64, 64, 16)), tf.random.normal((3, 3, 16, 32))
    half, half_kernel = tf.cast(image, tf.float16), tf.cast(kernel, tf.float16)
    matrix = kernel[0, 0]

    def product() -> Any:
        return tf.matmul(matrix, matrix, transpose_b=True)

    return {
        "cuBLAS": product,
        "cuDNN, float32": lambda: tf.nn.conv2d(image, kernel, 1, "SAME"),
        "cuDNN, float16": lambda: tf.nn.conv2d(half, half_kernel, 1, "SAME"),
        "XLA": tf.function(lambda: tf.nn.relu(product()), jit_compile=True),
    }


def works(name: str, call: Callable[[], Any]) -> bool:
    """Whether `call` gives a sum; prints what came of it."""
    begun = time.monotonic()
    try:
        found = call()
        said = f"{found.device.rpartition('/')[2]}, {float(tf.reduce_sum(tf.cast(found, tf.float32))):.1f}"
    except Exception as error:  # noqa: BLE001 -- all of them are to be tried
        print(f"{name}: FAILED: {str(error)[:600]}", flush=True)
        return False
    print(f"{name}: {said}, {time.monotonic() - begun:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        sys.exit("TensorFlow sees no GPU: TF_CPP_MAX_VLOG_LEVEL=3 names the library that couldn't be opened")
    tf.config.experimental.set_memory_growth(devices[0], enable=True)
    working = [works(name, call) for name, call in calls().items()]
    sys.exit(not all(working))
