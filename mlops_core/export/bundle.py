"""The source of functions and classes, with everything of this project that they stand on.

A script that leaves the app carries the very code that trained its run, so the two cannot drift
apart. What is carried is found in the syntax trees: each name that a definition uses is looked up
in its module, and from there on in the module that it was imported from.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

OURS = "mlops_core"
NOTES = re.compile(r"[ \t]*# (?:noqa|type: ignore)\b[^\n]*")

Definition: TypeAlias = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True, kw_only=True)
class _Module:
    """What stands at the top of a module, by the name that it binds."""

    text: str
    defined: dict[str, Definition]
    imported: dict[str, tuple[str, str | None]]  # local name → (module, name in it)


@dataclass
class Bundle:
    """Definitions in an order in which each comes after what it stands on, and what they import."""

    definitions: dict[str, str] = field(default_factory=dict)  # name → source
    imports: set[tuple[str, str | None, str]] = field(default_factory=set)  # module, name, alias
    _homes: dict[str, str] = field(default_factory=dict)

    def add(self, *wanted: Any) -> None:
        """Take functions or classes of this project in, and what they use.

        Raises:
            ValueError: two different things of the same name would be carried.
        """
        for one in wanted:
            self._take(one.__module__, one.__name__)

    def _take(self, module: str, name: str) -> None:
        home = _read(module)
        if name not in home.defined and name in home.imported:  # passed on from another module
            self._import(*home.imported[name], name)
            return
        if self._homes.setdefault(name, module) != module:
            raise ValueError(f"{name} stands in {module} and in {self._homes[name]}")
        if name in self.definitions:
            return
        node = home.defined[name]
        self.definitions[name] = ""  # whoever leads back here finds it taken
        for used in _names(node):
            if used in home.defined and used != name:
                self._take(module, used)
            elif used in home.imported:
                self._import(*home.imported[used], used)
        del self.definitions[name]
        self.definitions[name] = _source(home.text, node)

    def _import(self, module: str, name: str | None, alias: str) -> None:
        if module.split(".")[0] != OURS:
            self.imports.add((module, name, alias))
        elif name is None:
            raise ValueError(f"{module} is used whole; a script can only carry names of it")
        else:
            self._take(module, name)


def import_lines(imports: Iterable[tuple[str, str | None, str]]) -> list[str]:
    """Import statements, one a module, in order."""
    whole, parts = set(), dict[str, set[str]]()
    for module, name, alias in imports:
        if name is None:
            whole.add(f"import {module}" + (f" as {alias}" if alias != module else ""))
        else:
            shown = name if alias == name else f"{name} as {alias}"
            parts.setdefault(module, set()).add(shown)
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in parts.items()]
    return sorted(whole) + sorted(lines)


@cache
def _read(name: str) -> _Module:
    file = import_module(name).__file__
    if file is None:
        raise ValueError(f"{name} has no file")
    text = Path(file).read_text(encoding="utf-8")
    defined: dict[str, Definition] = {}
    imported: dict[str, tuple[str, str | None]] = {}
    for node in _top(ast.parse(text).body):
        match node:
            case ast.Import(names=names):
                for item in names:
                    imported[item.asname or item.name] = (item.name, None)
            case ast.ImportFrom(module=str(module), names=names):
                for item in names:
                    imported[item.asname or item.name] = (module, item.name)
            case ast.FunctionDef() | ast.ClassDef():
                defined[node.name] = node
            case (
                ast.Assign(targets=[ast.Name(id=bound)]) | ast.AnnAssign(target=ast.Name(id=bound))
            ):
                defined[bound] = node
    return _Module(text=text, defined=defined, imported=imported)


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If):  # ``if TYPE_CHECKING``: names of annotations
            yield from node.body


def _names(node: ast.AST) -> list[str]:
    """Every name that is read in ``node``, annotations included, in the order of appearance."""
    found = (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
    return list(dict.fromkeys(found))


def _source(text: str, node: Definition) -> str:
    """The lines of a definition, decorators included, without remarks to checkers."""
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    return NOTES.sub("", "\n".join(line[indent:] for line in lines))
