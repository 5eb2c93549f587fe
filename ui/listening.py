"""The sockets that the server listens on."""

from __future__ import annotations

import os
import socket

import psutil


def send_at_once() -> None:
    """Have small answers leave when they are written.

    asyncio switches Nagle's algorithm off for sockets that say that they are TCP. The one that
    Streamlit binds does not say so: the second part of an answer then waits until the browser has
    acknowledged the first, 40 ms on Linux, and a first visit asks for a hundred files. What is
    accepted inherits the option.
    """
    for one in psutil.Process().net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.fd >= 0:
            with socket.socket(fileno=os.dup(one.fd)) as listening:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
