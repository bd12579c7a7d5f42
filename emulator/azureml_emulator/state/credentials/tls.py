"""The certificate of the local workspace: an own CA by trustme, and the bundle that clients are told to trust."""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi
import trustme

from azureml_emulator.errors import EmulatorError
from azureml_emulator.state.disk.whole_files import write_whole

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)


def ensure_certificates(folder: Path) -> None:
    """Write ca.pem, server.pem (key and chain) and, when these are there, bundle.pem, once.

    The bundle holds what was trusted before, our CA and its leaf, each once: the SDK reads it for each connection.
    Raises EmulatorError for damaged files.
    """
    if (folder / "bundle.pem").exists():
        _check(folder)
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA(organization_name="azureml-emulator local workspace")
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    (folder / "server.pem").chmod(0o600)
    # The native dataset library of the SDK wants the leaf as well as its CA.
    own = authority.cert_pem.bytes() + leaf.cert_chain_pems[0].bytes()
    trusted = b"\n".join([*trusted_before(os.environ), own])
    write_whole(folder / "bundle.pem", b"\n".join(dict.fromkeys(_CERTIFICATE.findall(trusted))))


def _check(folder: Path) -> None:
    context = ssl.create_default_context()
    try:
        context.load_cert_chain(folder / "server.pem")
        context.load_verify_locations(folder / "bundle.pem")
    except OSError as error:  # ssl.SSLError is one
        raise EmulatorError(
            f"the certificates in {folder} cannot be used ({error}): delete that folder, and new ones are made at the "
            "next start; shells and programs need the variables of `env` again then"
        ) from None


def trusted_before(environ: Mapping[str, str]) -> list[bytes]:
    """The public CAs, and those of the files that the bundle takes the place of: a company's proxy may have its own."""
    named = {environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")} - {None, ""}
    files = [Path(certifi.where()), *(Path(str(name)) for name in sorted(map(str, named)))]
    return [file.read_bytes() for file in files if file.is_file()]
