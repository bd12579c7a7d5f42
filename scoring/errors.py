"""What can go wrong while scoring. This package stands alone in the service, so it doesn't use config.errors.

ScoringError
├── StartupError                 the service can't become ready: unusable model, missing GPU, malformed variable
└── RequestError                 one request can't be answered: `status`, `code` and the message are its answer
    ├── ImageError               the image's fault
    │   ├── EmptyImageError          400
    │   ├── BrokenImageError         400
    │   ├── ImageTooLargeError       413
    │   ├── UnsupportedImageError    415
    │   ├── UnsupportedColorsError   422
    │   └── TooManyScansError        422
    ├── JsonError                the JSON's fault
    │   ├── EmptyBodyError           400
    │   ├── BadJsonError             400
    │   ├── WrongFormError           400
    │   ├── WrongShapeError          400
    │   ├── WrongValueError          400
    │   ├── RefusedInputError        400
    │   ├── BodyTooLargeError        413
    │   ├── TooManyRowsError         413
    │   └── TooManyValuesError       413
    ├── SlowRequestError         408   the body didn't arrive in time
    ├── OverloadedError          503   the queue is full
    ├── LateAnswerError          503   the deadline passed before the answer was there
    ├── UnansweredError          503   the model failed on requests beside this one
    └── ModelFailedError         500   the model itself failed
"""

from typing import ClassVar


class ScoringError(Exception):
    """Root of this package's errors."""


class StartupError(ScoringError):
    """init() can't make the service ready; the message says what to change."""


class RequestError(ScoringError):
    """A request that can't be scored, with the HTTP status and the JSON code that answer it."""

    status: ClassVar[int]
    code: ClassVar[str]
    share: float = 0
    """Of what a batch may cost: what finding out has cost, as inputs.examples.Examples.share."""

    def bare(self) -> "RequestError":
        """Without the places that it came through, for who keeps it: they hold the body, and are a cycle with it.

        Else megabytes of each such request are there until Python looks for cycles, which the service seldom does.
        """
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class ImageError(RequestError):
    """The image's fault: the same request will never be answered otherwise."""

    status = 400


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


class UnsupportedColorsError(ImageError):
    """A JPEG for printers, with four inks, that doesn't say which values are much of them and which are little."""

    status = 422
    code = "UnsupportedColors"


class TooManyScansError(ImageError):
    """A progressive JPEG of so many passes that decoding it takes seconds: no camera or editor writes it."""

    status = 422
    code = "TooManyScans"


class JsonError(RequestError):
    """The JSON's fault: the same request will never be answered otherwise."""

    status = 400


class EmptyBodyError(JsonError):
    """The request has no body."""

    code = "EmptyBody"


class BadJsonError(JsonError):
    """The body isn't JSON."""

    code = "BadJson"


class WrongFormError(JsonError):
    """JSON, but not in one of TensorFlow Serving's forms, or not of this model's inputs."""

    code = "WrongForm"


class WrongShapeError(JsonError):
    """An input's values have another shape than the model takes, or none: they are ragged."""

    code = "WrongShape"


class WrongValueError(JsonError):
    """A value of another type than the input's, or one that its type can't hold."""

    code = "WrongValue"


class RefusedInputError(JsonError):
    """Values of the right type and shape that the model itself refuses, such as the number of no word it knows."""

    code = "RefusedInput"


class BodyTooLargeError(JsonError):
    """The body has too many bytes."""

    status = 413
    code = "BodyTooLarge"


class TooManyRowsError(JsonError):
    """The request asks for too many answers at once."""

    status = 413
    code = "TooManyRows"


class TooManyValuesError(JsonError):
    """The request's inputs have too many values."""

    status = 413
    code = "TooManyValues"


class SlowRequestError(RequestError):
    """The deadline passed while the body was still coming in."""

    status = 408
    code = "SlowRequest"


class OverloadedError(RequestError):
    """As many requests wait as may: try again later, or elsewhere."""

    status = 503
    code = "Overloaded"


class LateAnswerError(RequestError):
    """The deadline passed while the request waited or was scored."""

    status = 503
    code = "DeadlineExceeded"


class UnansweredError(RequestError):
    """The model failed on requests that were computed with this one, and too often to find out which: try again."""

    status = 503
    code = "Unanswered"


class ModelFailedError(RequestError):
    """The model failed on what is good as far as can be told; the log has the reason."""

    status = 500
    code = "ModelFailed"
    IN_THE_LOG: ClassVar[str] = "The model failed; the service's log has the reason."
