"""A trainer that waits: everything is loaded, and a run comes as one line on standard input."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

from mlops_core.domain.events import Orders
from mlops_core.runners.processes import TAG_VARIABLE

_kept: list[object] = []  # a thread limit holds as long as the object that set it


def wait_for_orders() -> str | None:
    """Load the libraries, wait, become the trainer of the run that comes; its folder.

    ``None``: there will be none.
    """
    # The estimators that a run may ask for; each is loaded where it is built, too.
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.naive_bayes
    import sklearn.neighbors
    import sklearn.neural_network
    import sklearn.svm
    import sklearn.tree  # noqa: F401

    import mlops_core.training.train  # noqa: F401

    place = _tag_in_memory()
    gc.collect()
    gc.freeze()
    line = sys.stdin.readline()
    if not line:
        return None
    orders = Orders.model_validate_json(line)
    _become(orders, place)
    return orders.folder


def _become(orders: Orders, place: tuple[int, int]) -> None:
    from threadpoolctl import threadpool_limits

    _write_tag(orders.tag, place)
    for path, number in ((orders.stdout, 1), (orders.stderr, 2), (os.devnull, 0)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(orders.environment)
    os.chdir(orders.folder)
    _kept.append(threadpool_limits(limits=orders.threads))


def _tag_in_memory() -> tuple[int, int]:
    """Where the tag stands that this process was started with, and how long it is.

    Others find the processes of a run by what ``/proc/PID/environ`` says, which is the memory
    that the process was started with and which a fork inherits: ``os.environ`` changes only a copy.

    Raises:
        RuntimeError: it is not there.
    """
    variables = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    begins = f"{TAG_VARIABLE}=".encode()
    place = 0
    while address := variables[place]:
        text = ctypes.string_at(address)
        if text.startswith(begins):
            return address + len(begins), len(text) - len(begins)
        place += 1
    raise RuntimeError("a trainer that waits was started without a tag")


def _write_tag(tag: str, place: tuple[int, int]) -> None:
    address, room = place
    text = tag.encode()
    if len(text) > room:
        raise ValueError("the tag of the run has no room")
    ctypes.memmove(address, text.ljust(room, b"\0"), room)
