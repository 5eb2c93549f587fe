"""Log lines of processes that nobody watches, without the passwords of database addresses."""

from __future__ import annotations

import logging
import re
import sys
from types import TracebackType

_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s@/]+@")


def masked(text: str) -> str:
    """``text`` with ``***`` for the password of every address in it."""
    return _PASSWORD.sub(r"\1:***@", text)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def log_to(handler: logging.Handler) -> None:
    """Send every log line of this process there, and what it dies of too."""
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(process)d %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.handlers = [handler]
    sys.excepthook = _log_death


def _log_death(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.critical("unexpected end", exc_info=(kind, error, trace))
