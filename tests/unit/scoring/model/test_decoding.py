import io
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from PIL import Image

from scoring.contract import Input, Resize, Scale, Tensor
from scoring.errors import StartupError
from scoring.model.decoding import decode

PIXELS = np.random.default_rng(7).integers(0, 256, (2, 12, 10, 3), np.uint8)


def encoded(pixels: npt.NDArray[np.uint8], image_format: str = "PNG") -> list[bytes]:
    files = [io.BytesIO() for _ in pixels]
    for file, image in zip(files, pixels, strict=True):
        Image.fromarray(image).save(file, image_format)
    return [file.getvalue() for file in files]


def image(dtype: str = "float32", channels: int = 3, size: tuple[int, int] | None = None, **form: Any) -> Input:
    height, width = size or (None, None)
    tensor = Tensor(name="image", dtype=dtype, shape=(None, height, width, channels))
    return Input(kind="image", tensors=(tensor,), size=size, **form)


def decoded(form: Input, images: list[bytes] | None = None) -> npt.NDArray[Any]:
    found = tf.function(lambda images: decode(images, form))(tf.constant(images or encoded(PIXELS)))
    assert isinstance(found.numpy(), np.ndarray)
    return np.asarray(found.numpy())


@pytest.mark.parametrize("scale", ["tf", "torch", "caffe"])
@pytest.mark.parametrize("size", [None, (6, 5)])
def test_a_preset_of_keras_is_its_preprocess_input(scale: Scale, size: tuple[int, int] | None) -> None:
    pixels = PIXELS.astype(np.float32)
    expected = keras.applications.imagenet_utils.preprocess_input(
        tf.image.resize(pixels, size).numpy() if size else pixels, mode=scale
    )
    np.testing.assert_allclose(decoded(image(scale=scale, size=size)), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("scale", "least", "most"), [("0-255", 0, 255), ("0-1", 0, 1), ("-1-1", -1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_ranges(scale: Scale, least: float, most: float, channels: int) -> None:
    black_to_white = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    found = decoded(image(scale=scale, channels=channels), encoded(black_to_white))
    assert found.shape == (1, 16, 16, channels)
    np.testing.assert_allclose(found[0, :, :, 0].ravel(), np.linspace(least, most, 256), atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float32", "float64"])
def test_dtypes(dtype: str) -> None:
    found = decoded(image(dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, PIXELS)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "area", "lanczos3"])
@pytest.mark.parametrize("size", [(6, 7), (30, 20)])
def test_resize(method: Resize, size: tuple[int, int]) -> None:
    expected = tf.image.resize(PIXELS, size, method).numpy().astype(np.float32)
    np.testing.assert_allclose(decoded(image(size=size, resize=method)), expected, atol=1e-3)
    whole = decoded(image("uint8", size=size, resize=method))
    np.testing.assert_array_equal(whole, expected.clip(0, 255).round().astype(np.uint8))


def test_images_that_are_resized_may_differ_in_size() -> None:
    images = encoded(PIXELS[:1]) + encoded(PIXELS[:1, :4, :7])
    assert decoded(image(size=(6, 5)), images).shape == (2, 6, 5, 3)


def test_a_tensor_of_free_size_takes_images_as_they_are() -> None:
    for height in (3, 12):
        np.testing.assert_array_equal(decoded(image(), encoded(PIXELS[:, :height])), PIXELS[:, :height])


def test_jpeg() -> None:
    flat = np.full((1, 16, 16, 3), (200, 100, 50), np.uint8)
    np.testing.assert_allclose(decoded(image(), encoded(flat, "JPEG")), flat, atol=2)


def test_grey_for_three_channels() -> None:
    found = decoded(image(), encoded(PIXELS[:, :, :, 0]))
    np.testing.assert_array_equal(found, np.repeat(PIXELS[..., :1], 3, axis=-1))


def test_a_damaged_image_is_tensorflows_error() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(image(), [encoded(PIXELS)[0][:40]])


def test_whole_numbers_hold_no_small_scale() -> None:
    with pytest.raises(StartupError, match="'image' is uint8, which holds no values of the scale 0-1"):
        decoded(image("uint8", scale="0-1"))


@pytest.mark.parametrize("scale", ["torch", "caffe"])
def test_presets_by_channel_need_three(scale: Scale) -> None:
    with pytest.raises(StartupError, match=f"scale {scale} is for 3 channels, the input has 1"):
        decoded(image(channels=1, scale=scale))
