"""Credentials of the local workspace: bearer tokens, blob signatures, service keys. All random per state folder."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import jwt

from azureml_emulator.errors import Forbidden, Unauthorized
from azureml_emulator.state.disk.whole_files import write_whole

TENANT_ID = "00000000-0000-0000-0000-0000000000aa"
TOKEN_SECONDS = 24 * 3600
RUN_AUDIENCE = "azureml"
"""Of the tokens that runs get, which Azure ML issues itself: the others are for the resource that was asked for."""
STORAGE = "https://storage.azure.com"
"""Of the tokens that storage takes.
https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"""
ADDRESS_LIFETIME = timedelta(hours=8)
"""Of a signed address of one blob, as of those that Azure ML's runs give of their logs."""
_ISSUER = "azureml-emulator"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_VERSION = "2019-02-02"


class Bearer(NamedTuple):
    """Who asks, and for which resource the token was issued, without a slash at its end."""

    subject: str
    audience: str


class Tokens:
    """Issues and checks what the SDK presents. The secret lives in a file that only its owner reads.

    Blob signatures go by the clock `now`, which may be one that is moved; tokens by the machine's, as their clients do.
    """

    def __init__(self, secrets_file: Path, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self._now = now
        if not secrets_file.exists():
            fresh = {"signing": secrets.token_hex(32), "identity": secrets.token_urlsafe(24)}
            write_whole(secrets_file, json.dumps(fresh).encode())
        stored = json.loads(secrets_file.read_text())
        self._signing: str = stored["signing"]
        self.identity_secret: str = stored["identity"]
        """What a client of the managed identity endpoint must know."""

    def bearer(self, subject: str, audience: str) -> str:
        """A JWT with the claims that the SDKs read without verifying: exp, tid, oid, and in v2 aud.

        v2 compares the audience with the resource that it asked a token for, less its trailing slash.
        """
        issued = int(time.time())
        claims: dict[str, str | int] = {"iss": _ISSUER, "aud": audience.rstrip("/"), "tid": TENANT_ID}
        claims |= {"oid": subject, "sub": subject, "iat": issued, "exp": issued + TOKEN_SECONDS}
        claims |= {"unique_name": subject, "name": subject}
        return jwt.encode(claims, self._signing, algorithm="HS256")

    def run_bearer(self, run: str) -> str:
        """The token of a run, which finds it as AZUREML_RUN_TOKEN."""
        return self.bearer(f"run:{run}", RUN_AUDIENCE)

    def check_bearer(self, header: str) -> Bearer:
        """Whose token an `Authorization` header has, whatever it is for. Raises Unauthorized."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("no bearer token: set the variables that the verb `env` prints")
        try:
            # Not when it was issued: a clock that was put right meanwhile makes no token wrong.
            claims = jwt.decode(
                token,
                self._signing,
                algorithms=["HS256"],
                issuer=_ISSUER,
                options={"require": ["exp", "sub", "aud"], "verify_aud": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise Unauthorized(f"bearer token refused ({error}): is it from another or an older workspace?") from None
        return Bearer(str(claims["sub"]), str(claims["aud"]))

    def issue(self, purpose: str, seconds: int) -> str:
        """A token that is good for one purpose, and for a time; it signs nobody in."""
        claims = {"aud": purpose, "jti": secrets.token_urlsafe(16), "exp": int(time.time()) + seconds}
        return jwt.encode(claims, self._signing, algorithm="HS256")

    def check(self, token: str, purpose: str) -> str:
        """The identifier of a token that was issued for this purpose. Raises Unauthorized."""
        try:
            claims = jwt.decode(
                token, self._signing, algorithms=["HS256"], audience=purpose, options={"require": ["exp", "jti"]}
            )
        except jwt.InvalidTokenError as error:
            raise Unauthorized(f"{purpose} refused ({error})") from None
        return str(claims["jti"])

    def form_token(self, session: str) -> str:
        """What the forms of a session carry: another site can't know it."""
        return hmac.new(self._signing.encode(), f"form\n{session}".encode(), hashlib.sha256).hexdigest()

    def sas(self, resource: str, permissions: str, lifetime: timedelta = ADDRESS_LIFETIME) -> str:
        """The query string of a shared access signature for a container or one blob ("container/path")."""
        expiry = (self._now() + lifetime).strftime(_TIME)
        signature = self._sign(resource, permissions, expiry)
        return f"sv={_VERSION}&se={expiry.replace(':', '%3A')}&sp={permissions}&sig={signature}"

    def check_sas(
        self, container: str, blob: str, permissions: str, expiry: str, signature: str, *, write: bool
    ) -> None:
        """Raises Unauthorized unless the signature is one of ours for this blob or its container; Forbidden, as Azure
        does, for one that has expired.
        """
        if write and "w" not in permissions:
            raise Unauthorized(f"this signature does not allow writing {container}/{blob}")
        resources = (f"{container}/{blob}", container)
        signed = (self._sign(resource, permissions, expiry) for resource in resources)
        if not any(hmac.compare_digest(signature.encode(), one.encode()) for one in signed):
            raise Unauthorized(f"no valid signature for {container}/{blob}")
        try:
            end = datetime.strptime(expiry, _TIME).replace(tzinfo=timezone.utc)
        except ValueError:  # a name with a newline in it was signed, and is told as something else
            raise Unauthorized(f"no valid signature for {container}/{blob}") from None
        if end < self._now():
            raise Forbidden(
                f"the signed address of {container}/{blob} expired at {expiry}: ask the SDK for it again",
                code="AuthenticationFailed",
            )

    def check_storage_bearer(self, header: str) -> None:
        """Raises Unauthorized for a token for something else, as `check_bearer` does for one that isn't ours."""
        audience = self.check_bearer(header).audience
        if audience != STORAGE:
            raise Unauthorized(
                f"the token is for '{audience}': one for {STORAGE} is needed", code="InvalidAuthenticationInfo"
            )

    @property
    def account_key(self) -> str:
        """Of the storage account: 64 bytes in base64, as Azure's are."""
        return base64.b64encode(hmac.new(self._signing.encode(), b"account key", hashlib.sha512).digest()).decode()

    def _sign(self, resource: str, permissions: str, expiry: str) -> str:
        message = f"{resource}\n{permissions}\n{expiry}".encode("utf-8", "surrogatepass")
        return hmac.new(self._signing.encode(), message, hashlib.sha256).hexdigest()


def service_key() -> str:
    """A key of a web service, 32 characters as Azure ML's are."""
    return base64.b64encode(secrets.token_bytes(24)).decode()
