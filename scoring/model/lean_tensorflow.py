"""Imports TensorFlow without Keras, for a process that only serves: a third of the import's time is Keras.

`import tensorflow` ends by importing Keras, if it is there, for its optimisers (tensorflow/__init__.py). None in
sys.modules makes that import fail, which TensorFlow allows for. Afterwards Keras can be imported as ever.

What is imported stays. Looking for garbage among it, meanwhile and when the process ends, would take another third.
"""

import gc
import sys

from scoring.model.gpu.libraries import load_wheels

load_wheels()  # whatever looks at the devices first, it is later than this
if "tensorflow" not in sys.modules and "keras" not in sys.modules:
    sys.modules["keras"] = None  # type: ignore[assignment]
    collecting = gc.isenabled()
    gc.disable()
    try:
        import tensorflow as tf  # noqa: F401
    finally:
        del sys.modules["keras"]
        gc.freeze()
        if collecting:
            gc.enable()
