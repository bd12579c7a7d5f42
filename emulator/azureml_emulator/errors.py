"""
What can go wrong in the emulator.

  EmulatorError                 the process itself: state folder, lock, start
    + NotRunning                no process serves the state folder
  x ApiError                    an answer to a request, in Azure ML's error shape
    + BadRequest          400
    + NoRoom              400   the disk is full; clients send again what is answered 507
    + Unauthorized        401
    + Forbidden           403
    + NotFound            404
    + Conflict            409
    + PreconditionFailed  412
    + TooLarge            413
    + Busy                503   too much is on its way at once
    + NotSupported        400   an operation or argument that the emulator does not have
    + InjectedFault       4xx, 5xx   what a test asked for
"""

from pathlib import Path
from typing import Any

from azureml_emulator.wire import now

INSTALL_SDK_V1 = "pip install 'azureml-emulator[sdk-v1]'"
INSTALL_SDK_V2 = "pip install 'azureml-emulator[sdk-v2]'"
COVERAGE_PAGE = "docs/coverage.md of azureml-emulator"


class EmulatorError(Exception):
    """The emulator cannot start, stop or use its state folder; the message says what to do."""


class NotRunning(EmulatorError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"no local workspace runs (state: {folder})")


class ApiError(Exception):
    status = 500
    code = "EmulatorError"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code

    def body(self) -> dict[str, Any]:
        """The JSON of an Azure ML error. `details` must be there: the SDK's own exception crashes without it.

        Model management says the same outside of `error`, with the status, which is all that the SDK reads of it.
        """
        said: dict[str, Any] = {"code": self.code, "message": self.message, "details": []}
        error = said | {"messageFormat": "", "messageParameters": {}}
        # Of an error of the model registry the SDK shows the correlation, and neither message nor details.
        common = {"correlation": {"reason": self.message}, "environment": "local", "location": "local", "time": now()}
        return said | common | {"error": error, "statusCode": self.status}


class BadRequest(ApiError):
    status = 400
    code = "BadArgument"


class Unauthorized(ApiError):
    status = 401
    code = "Unauthorized"


class Forbidden(ApiError):
    status = 403
    code = "AuthorizationFailed"


class NotFound(ApiError):
    status = 404
    code = "NotFound"


class Conflict(ApiError):
    status = 409
    code = "Conflict"


class PreconditionFailed(ApiError):
    status = 412
    code = "ConditionNotMet"


class NoRoom(ApiError):
    status = 400
    code = "InsufficientStorage"


class TooLarge(ApiError):
    status = 413
    code = "RequestBodyTooLarge"


class Busy(ApiError):
    status = 503
    code = "ServerBusy"


class NotSupported(ApiError):
    """Refused, for good: 400, whichever service it is asked of.

    501 would be the better word, and is taken for a fault that passes: the SDK sends such a request four times
    (azureml/_restclient/clientbase.py), the native library of datasets without end. Every client of the SDK gives up at
    400. What it shows then is the body's message, but for clients that show the status line only: see `REASON`.
    """

    status = 400
    code = "NotSupportedByEmulator"

    def __init__(self, what: str) -> None:
        super().__init__(f"the local workspace does not have {what}; {COVERAGE_PAGE} lists what it has")


class InjectedFault(ApiError):
    code = "InjectedFault"

    def __init__(self, status: int, operation: str) -> None:
        super().__init__(f"a fault that was asked for: {operation} answers {status} (`fault --clear` ends all faults)")
        self.status = status
