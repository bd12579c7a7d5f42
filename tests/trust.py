"""Whom the clients of a local workspace trust."""

from pathlib import Path

from azureml_emulator.state.credentials.tls import ensure_certificates


def trust_itself_alone(state: Path) -> None:
    """Give what will be a local workspace's state folder a bundle without the public CAs: tests ask nobody else.

    The SDK reads the bundle anew for nearly every file that it sends or fetches; with the public CAs that takes a
    processor 20 to 40 ms each time.
    """
    folder = state / "tls"
    state.mkdir(mode=0o700, exist_ok=True)
    ensure_certificates(folder)
    leaf = (folder / "server.pem").read_text().partition("-----BEGIN CERTIFICATE-----")
    (folder / "bundle.pem").write_text((folder / "ca.pem").read_text() + leaf[1] + leaf[2])
