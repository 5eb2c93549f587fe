"""The frame: one ASGI app around the pages, with start-up, routes, headers and error handler.

Run it with ``streamlit run app.py``.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware

from ui import index
from ui.api import API
from ui.errors import on_script_error
from ui.headers import SecurityHeaders
from ui.kept_files import KeptFiles
from ui.listening import send_at_once
from ui.origins import OwnSockets
from ui.unknown_page import UnknownPages

SCRIPT_CONTEXT = "streamlit.runtime.scriptrunner_utils.script_run_context"
MAIN = Path(__file__).parent / "ui" / "main.py"


_shown: list[object] = []  # the lock that says that an app is up, until this process ends


def warm_up() -> None:
    """Open the workspace, tidy up, import what is heavy and freeze it for the collector.

    Streamlit collects garbage after every run of a page: with these libraries loaded that costs
    113 ms each time, and 5 ms once they are frozen. So nothing heavy is imported later.
    """
    # The grid declares its component when it is imported, and misses a page around it.
    logging.getLogger(SCRIPT_CONTEXT).setLevel(logging.ERROR)
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    from mlops_core.scheduling.launch import renew
    from mlops_core.services import litter
    from mlops_core.store.locks import share_lock
    from ui import charts, live, tables, upload  # noqa: F401
    from ui.app_state import workspace

    ws = workspace()
    tables.register()
    keep_log(ws.logs / "app.log")
    litter.sweep(ws)
    _shown.append(share_lock(ws.app_lock))
    renew(ws)
    gc.collect()
    gc.freeze()


def keep_log(path: Path) -> None:
    """Write what the app has to say to a file of its own, at most three times 2 MB."""
    handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("mlops")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    send_at_once()
    await anyio.to_thread.run_sync(warm_up)
    yield


app = st.App(
    MAIN,
    lifespan=lifespan,
    routes=[API, *index.routes()],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(OwnSockets),
        Middleware(KeptFiles),
        Middleware(UnknownPages),
    ],
    on_script_error=on_script_error,
)

if __name__ == "__main__":
    app.run()
