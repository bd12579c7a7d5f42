"""The certificate of the local workspace: an own CA by trustme, and the bundle that clients are told to trust."""

from pathlib import Path

import certifi
import trustme

from emulator.whole import write_whole


def ensure_certificates(folder: Path) -> None:
    """Write ca.pem, server.pem (key and chain) and, when these are there, bundle.pem (public CAs, ours, leaf) once."""
    if (folder / "bundle.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA(organization_name="aml-gpu-pipeline local workspace")
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    (folder / "server.pem").chmod(0o600)
    # The native dataset library of the SDK wants the leaf as well as its CA.
    own = authority.cert_pem.bytes() + leaf.cert_chain_pems[0].bytes()
    write_whole(folder / "bundle.pem", Path(certifi.where()).read_bytes() + b"\n" + own)
