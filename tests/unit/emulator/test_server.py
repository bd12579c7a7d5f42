import fcntl
import os
import socket
import threading
from pathlib import Path

from emulator.server import _bind, _lock


def test_answers_are_not_held_back_until_the_client_acknowledges() -> None:
    with _bind(0, strict=False) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_look_at_the_lock_does_not_keep_the_workspace_from_starting(tmp_path: Path) -> None:
    """As `status` takes it for a moment; this one takes its time."""
    (tmp_path / "lock").touch()
    with (tmp_path / "lock").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (looked_at, fcntl.LOCK_UN)).start()
        _lock(tmp_path)
    assert (tmp_path / "lock").read_text() == str(os.getpid())
