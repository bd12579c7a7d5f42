"""
What can go wrong in the emulator.

  EmulatorError                 the process itself: state folder, lock, start
    + NotRunning                no process serves the state folder
  x ApiError                    an answer to a request, in Azure ML's error shape
    + BadRequest          400
    + Unauthorized        401
    + Forbidden           403
    + NotFound            404
    + Conflict            409
    + PreconditionFailed  412
    + Busy                503   too much is on its way at once
    + NotSupported        501   an operation or argument that the emulator does not have
    + InjectedFault       4xx, 5xx   what a test asked for
"""

from pathlib import Path
from typing import Any

from azureml_emulator.wire import now

INSTALL_SDK_V1 = "pip install 'azureml-emulator[sdk-v1]'"
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


class Busy(ApiError):
    status = 503
    code = "ServerBusy"


class NotSupported(ApiError):
    status = 501
    code = "NotSupportedByEmulator"

    def __init__(self, what: str) -> None:
        super().__init__(f"the local workspace does not have {what}; {COVERAGE_PAGE} lists what it has")


class InjectedFault(ApiError):
    code = "InjectedFault"

    def __init__(self, status: int, operation: str) -> None:
        super().__init__(f"a fault that was asked for: {operation} answers {status} (`fault --clear` ends all faults)")
        self.status = status
