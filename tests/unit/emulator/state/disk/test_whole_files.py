"""Files of the state folder, written by a process that dies in the middle of it."""

import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from azureml_emulator.state.credentials.tls import ensure_certificates
from azureml_emulator.state.credentials.tokens import Tokens
from azureml_emulator.state.disk.whole_files import PARTIAL, copy_whole, delete_partial, write_whole
from azureml_emulator.state.redirect.redirect import write_clouds
from azureml_emulator.state.workspace import Address

KILLED_BY_SIZE = """
import resource, signal, sys
from pathlib import Path
from azureml_emulator.state.redirect.redirect import write_clouds
from azureml_emulator.state.credentials.tls import ensure_certificates
from azureml_emulator.state.credentials.tokens import Tokens
from azureml_emulator.state.disk.whole_files import copy_whole
from azureml_emulator.state.workspace import Address
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
folder = Path(sys.argv[1])
{write}
"""


def die_while(write: str, folder: Path, size: int) -> None:
    """The kernel kills the process at the first byte that makes a file larger than `size`."""
    program = KILLED_BY_SIZE.format(write=write, size=size)
    ended = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert ended.returncode == -signal.SIGXFSZ


def test_certificates(tmp_path: Path) -> None:
    die_while("ensure_certificates(folder)", tmp_path, 50_000)
    ensure_certificates(tmp_path)
    own = ssl.PEM_cert_to_DER_cert((tmp_path / "ca.pem").read_text())
    assert own in ssl.create_default_context(cafile=str(tmp_path / "bundle.pem")).get_ca_certs(binary_form=True)


def test_secrets(tmp_path: Path) -> None:
    die_while("Tokens(folder / 'secrets.json')", tmp_path, 20)
    assert len(Tokens(tmp_path / "secrets.json").identity_secret) == 32


def test_clouds(tmp_path: Path) -> None:
    write_clouds(tmp_path, Address(8080, 8443))
    die_while("write_clouds(folder, Address(9090, 9443))", tmp_path, 100)
    cloud, *_ = json.loads((tmp_path / "azure-config" / "cloudEndpoints.json").read_text())["clouds"]
    assert cloud["endpoints"]["resource_manager"] == "https://127.0.0.1:8443"


def test_copy(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 1000)
    die_while("copy_whole(folder / 'large', folder / 'copy')", tmp_path, 100)
    assert not (tmp_path / "copy").exists()
    copy_whole(tmp_path / "large", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"x" * 1000


def test_what_a_kill_left_is_deleted_at_start(tmp_path: Path) -> None:
    for folder in ("blobs/azureml", "blocks/1", "runs/1/code"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "kept").touch()
        (tmp_path / folder / f".1{PARTIAL}").touch()
    (tmp_path / f".2{PARTIAL}").touch()
    delete_partial(tmp_path)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob(f"*{PARTIAL}"))
    assert left == [f"runs/1/code/.1{PARTIAL}"], "a step's files are its own"
    assert len(list(tmp_path.rglob("kept"))) == 3


@pytest.mark.parametrize("before", [b"old", None])
def test_write(tmp_path: Path, before: bytes | None) -> None:
    file = tmp_path / "file"
    if before is not None:
        file.write_bytes(before)
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]
