"""The server's own sockets."""

from __future__ import annotations

import socket

from ui.listening import send_at_once


def nagle_is_off(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_what_a_listening_socket_accepts_sends_at_once() -> None:
    with socket.socket(socket.AF_INET) as listening:  # as Streamlit makes it
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        for wanted in (False, True):
            if wanted:
                send_at_once()
            with socket.create_connection(listening.getsockname()), listening.accept()[0] as mine:
                assert nagle_is_off(mine) is wanted
