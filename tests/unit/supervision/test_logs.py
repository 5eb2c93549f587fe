"""No log line holds a password."""

from __future__ import annotations

import io
import logging

import pytest

from mlops_core.supervision.logs import log_to, masked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("at postgresql+psycopg://:a%40b@host", "at postgresql+psycopg://:***@host"),
        ("sqlite:////home/me/x.db", "sqlite:////home/me/x.db"),
        ("http://localhost:8501/@x", "http://localhost:8501/@x"),
    ],
)
def test_passwords_of_addresses_are_masked(text: str, wanted: str) -> None:
    assert masked(text) == wanted


def test_tracebacks_are_masked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    out = io.StringIO()
    log_to(logging.StreamHandler(out))
    try:
        raise ValueError("postgresql://me:secret@host/db")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert "ValueError" in out.getvalue()
    assert "secret" not in out.getvalue()
