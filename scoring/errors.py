"""What can go wrong while scoring. This package stands alone in the service, so it doesn't use config.errors.

ScoringError
├── StartupError                 the service can't become ready: unusable model, missing GPU, malformed variable
└── ImageError                   the request's fault, answered with `status` and `code`
    ├── EmptyImageError          400
    ├── BrokenImageError         400
    ├── ImageTooLargeError       413
    └── UnsupportedImageError    415
"""

from typing import ClassVar


class ScoringError(Exception):
    """Root of this package's errors."""


class StartupError(ScoringError):
    """init() can't make the service ready; the message says what to change."""


class ImageError(ScoringError):
    """A request that can't be scored, with the HTTP status and the JSON code that answer it."""

    status: ClassVar[int] = 400
    code: ClassVar[str]


class EmptyImageError(ImageError):
    """The request has no body."""

    code = "EmptyImage"


class BrokenImageError(ImageError):
    """The body begins like an image but can't be decoded."""

    code = "BrokenImage"


class ImageTooLargeError(ImageError):
    """The body has too many bytes, or the image too many pixels."""

    status = 413
    code = "ImageTooLarge"


class UnsupportedImageError(ImageError):
    """The body is neither JPEG nor PNG."""

    status = 415
    code = "UnsupportedImage"
