"""The GPUs that TensorFlow sees."""

from contextlib import suppress

import tensorflow as tf

from scoring.errors import StartupError
from scoring.model.gpu.cause import cause_of_no_gpu
from scoring.model.gpu.libraries import load_wheels


def prepare_gpus(require_gpu: bool) -> bool:
    """Whether there is a GPU. StartupError, with the cause, where one is required and there is none."""
    load_wheels()
    gpus = tf.config.list_physical_devices("GPU")
    if require_gpu and not gpus:
        cause = cause_of_no_gpu(tf.sysconfig.get_build_info().get("cuda_version"))
        raise StartupError(f"SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU: {cause}.")
    for gpu in gpus:
        # Otherwise the first process takes the whole memory, and a second model on this GPU can't be compared with it.
        with suppress(RuntimeError):  # too late: this process has used the GPU already, as registering a model does
            tf.config.experimental.set_memory_growth(gpu, True)
    return bool(gpus)
