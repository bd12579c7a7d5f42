import socket

from emulator.server import _bind


def test_answers_are_not_held_back_until_the_client_acknowledges() -> None:
    with _bind(0, strict=False) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
