import fcntl
import os
import socket
import threading
from pathlib import Path

import pytest

from azureml_emulator.errors import EmulatorError
from azureml_emulator.server.process import _bind, _lock


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


def test_the_end_of_an_owner_is_not_waited_for(tmp_path: Path) -> None:
    """Else one that was started too late would go on after the first was told to stop."""
    (tmp_path / "lock").write_text("4711")
    with (tmp_path / "lock").open() as owned:
        fcntl.flock(owned, fcntl.LOCK_EX)
        end = threading.Timer(0.1, fcntl.flock, (owned, fcntl.LOCK_UN))
        end.start()
        with pytest.raises(EmulatorError, match="in use by the local workspace of process 4711"):
            _lock(tmp_path)
        end.join()
