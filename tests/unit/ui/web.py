"""A real server around an ASGI app, and a small client for it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from tests.support import wait_until


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Client:
    port: int

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: bytes | Iterable[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """One request; a body in pieces is sent without saying how long it is."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"{path}?{urlencode(query)}" if query else path
        # A server that has heard enough hangs up; its answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, address, body=body, headers=named)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, content)

    def get(self, path: str, **query: object) -> Answer:
        return self.send("GET", path, query)


@contextmanager
def serving(app: ASGIApp) -> Iterator[Client]:
    """Serve ``app`` on a free port of this machine."""
    config = uvicorn.Config(app, host="localhost", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, what="the server listens")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Client(port)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
