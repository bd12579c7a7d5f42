"""Encoded images into the number tensor that an image model takes, as operations of its graph."""

from typing import Any

import tensorflow as tf

from scoring.contract import Input
from scoring.errors import StartupError

RGB = 3
# Of ImageNet, as keras.applications.imagenet_utils.preprocess_input has them.
TORCH_MEAN, TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN = (103.939, 116.779, 123.68)  # blue, green, red


def decode(images: Any, form: Input) -> Any:
    """Strings [n], JPEG or PNG, as the tensor [n, height, width, channels] that `form` says.

    Resized without antialiasing, as keras.utils.image_dataset_from_directory does. StartupError for a scale that the
    tensor can't hold.
    """
    (tensor,) = form.tensors
    dtype, channels = tf.as_dtype(tensor.dtype), tensor.shape[-1]
    _check(form, dtype, channels)
    whole = dtype.is_integer or form.resize == "nearest" or form.size is None

    def one(image: Any) -> Any:
        pixels = tf.io.decode_image(image, channels=channels, expand_animations=False)
        if form.size is not None:
            pixels = tf.image.resize(pixels, form.size, form.resize)
        # Bicubic and Lanczos overshoot.
        return tf.saturate_cast(tf.round(pixels), tf.uint8) if whole and pixels.dtype != tf.uint8 else pixels

    height, width = form.size or (None, None)
    spec = tf.TensorSpec((height, width, channels), tf.uint8 if whole else tf.float32)
    pixels = tf.map_fn(one, images, fn_output_signature=spec)
    return pixels if dtype == tf.uint8 else tf.cast(_scale(tf.cast(pixels, tf.float32), form.scale), dtype)


def _check(form: Input, dtype: tf.DType, channels: int | None) -> None:
    if form.scale != "0-255" and not dtype.is_floating:
        raise StartupError(
            f"Input {form.tensors[0].name!r} is {dtype.name}, which holds no values of the scale {form.scale}: "
            "its scale is 0-255."
        )
    if form.scale in ("torch", "caffe") and channels != RGB:
        raise StartupError(f"The scale {form.scale} is for 3 channels, the input has {channels}: use 0-1 or -1-1.")


def _scale(pixels: Any, scale: str) -> Any:
    """Values 0-255 in another scale."""
    if scale == "0-1":
        return pixels / 255
    if scale in ("-1-1", "tf"):
        return pixels / 127.5 - 1
    if scale == "torch":
        return (pixels / 255 - TORCH_MEAN) / TORCH_DEVIATION
    return pixels[..., ::-1] - CAFFE_MEAN if scale == "caffe" else pixels
