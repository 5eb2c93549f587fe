"""The shape of the code: small rooms, one writer of a status, faults caught where named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Module, files_of, product

MAX_FILE = 400
MAX_FUNCTION = 45
# Functions that may be longer, each with the reason. None is known.
LONG_FUNCTIONS: dict[str, str] = {}
# Where any fault at all may be caught, and why. More than four would be a habit.
BROAD_EXCEPTS: dict[str, str] = {
    "mlops_core/training/__main__.py": "every fault of a trainer must reach the run's record",
    "mlops_core/services/imports.py": "nobody waits for its thread, so the page must be told",
}
# A migration is written once, by a generator, and only ever read again.
MIGRATIONS = "mlops_core/store/migrations/versions/"
STATUS_WRITER = "mlops_core/store/runs.py"


def rooms() -> list[Module]:
    return [module for module in product() if not str(module.path).startswith(MIGRATIONS)]


def _docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is None or first.end_lineno is None:
        return 0
    return first.end_lineno - first.lineno + 1


def test_no_file_is_longer_than_a_room() -> None:
    long = {
        str(module.path): lines
        for module in rooms()
        if (lines := len(module.text.splitlines())) > MAX_FILE
    }
    assert not long


def test_no_function_is_longer_than_a_room() -> None:
    long = {}
    for module in rooms():
        for function in module.functions():
            end = function.end_lineno or function.lineno
            lines = end - function.lineno + 1 - _docstring_lines(function)
            if lines > MAX_FUNCTION:
                long[f"{module.path}:{function.name}"] = lines
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) <= set(long), "this function is short by now: take it off the list"


def test_every_public_function_says_what_it_returns() -> None:
    silent = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in product()
        for function in module.functions()
        if function.returns is None and not function.name.startswith("_")
    ]
    assert not silent


def _names(node: ast.expr | None) -> Iterator[str]:
    """The classes that an except clause or ``suppress`` names."""
    match node:
        case None:
            yield "BaseException"
        case ast.Tuple(elts=elements):
            for element in elements:
                yield from _names(element)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name


def _is_broad(node: ast.AST) -> bool:
    broad = {"Exception", "BaseException"}
    if isinstance(node, ast.ExceptHandler):
        return bool(broad & set(_names(node.type)))
    if isinstance(node, ast.Call) and "suppress" in set(_names(node.func)):
        return any(broad & set(_names(argument)) for argument in node.args)
    return False


def test_any_fault_is_caught_only_where_it_is_named() -> None:
    found = [
        str(module.path)
        for module in product()
        for node in ast.walk(module.tree)
        if _is_broad(node)
    ]
    assert sorted(found) == sorted(BROAD_EXCEPTS)
    assert len(found) <= 4


def _updates_runs(node: ast.AST) -> bool:
    """Whether ``node`` is ``update(run)`` or ``run.update()``, or says so in SQL."""
    match node:
        case ast.Call(
            func=ast.Name(id="update") | ast.Attribute(attr="update"),
            args=[ast.Name(id="run") | ast.Attribute(attr="run"), *_],
        ):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="run"), attr="update")):
            return True
        case ast.Constant(value=str(text)):
            return re.search(r"\bUPDATE\s+run\b", text) is not None
    return False


def _only_marks(node: ast.AST) -> bool:
    """Whether ``node`` is ``….values(archived_at=…)``, or of the priority, and sets no more."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="values"),
            args=[],
            keywords=[ast.keyword(arg="archived_at" | "priority")],
        ):
            return True
    return False


def _writes_status(module: Module) -> bool:
    nodes = list(ast.walk(module.tree))
    harmless = {id(part) for node in nodes if _only_marks(node) for part in ast.walk(node)}
    return any(_updates_runs(node) for node in nodes if id(node) not in harmless)


def test_only_one_file_writes_the_status_of_a_run() -> None:
    """Others may put a run into the archive, take it out, or change its place in the queue."""
    assert [str(module.path) for module in product() if _writes_status(module)] == [STATUS_WRITER]


def _sleeps(module: Module) -> bool:
    calls = (node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr == "sleep" for call in calls) or any(
        imported.endswith(".sleep") for imported in module.imports
    )


def test_no_test_sleeps() -> None:
    assert [str(module.path) for module in files_of("tests") if _sleeps(module)] == []
